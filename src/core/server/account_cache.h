#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "crypto/key.h"
#include "store/records.h"

namespace signet::server {

/// An account with its key ready to verify.
struct KnownAccount {
    store::AccountRecord record;
    crypto::PublicKey key;
};

/// The accounts last used, so that no key is parsed twice. Whoever takes one compares its row version with the
/// store's: a change by another process is seen at the next request. Bounded; thread-safe.
class AccountCache {
public:
    std::shared_ptr<const KnownAccount> find(const std::string& id);
    void put(std::shared_ptr<const KnownAccount> account);

private:
    using Order = std::list<std::shared_ptr<const KnownAccount>>;
    std::mutex mutex_;
    Order order_;  // last used first
    std::unordered_map<std::string, Order::iterator> index_;
};

}  // namespace signet::server
