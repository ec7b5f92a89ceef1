#include "server/account_cache.h"

namespace signet::server {
namespace {
constexpr std::size_t k_limit = 10'000;  // some 3 KiB each
}

std::shared_ptr<const KnownAccount> AccountCache::find(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(id);
    if (found == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return *found->second;
}

void AccountCache::put(std::shared_ptr<const KnownAccount> account) {
    const std::lock_guard lock(mutex_);
    const auto id = account->record.id;
    if (const auto found = index_.find(id); found != index_.end()) {
        order_.erase(found->second);
        index_.erase(found);
    }
    order_.push_front(std::move(account));
    index_[id] = order_.begin();
    if (order_.size() <= k_limit) return;
    index_.erase(order_.back()->record.id);
    order_.pop_back();
}

}  // namespace signet::server
