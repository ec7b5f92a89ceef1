#include "server/ready_state.h"

namespace signet::server {
namespace {
constexpr auto k_good_for = std::chrono::seconds(2);
}

ReadyState::Reasons ReadyState::reasons(base::Time now, const std::function<Reasons()>& look) {
    const auto known = [&](bool stale_too) -> std::optional<Reasons> {
        const std::lock_guard lock(mutex_);
        const bool fresh = found_ && now >= found_at_ && now - found_at_ < k_good_for;
        return fresh || stale_too ? found_ : std::nullopt;
    };
    if (auto found = known(false)) return *found;
    std::unique_lock turn(looking_, std::try_to_lock);
    if (!turn.owns_lock()) {
        if (auto found = known(true)) return *found;
        turn.lock();  // nobody has looked yet
    }
    if (auto found = known(false)) return *found;
    auto reasons = look();
    const std::lock_guard lock(mutex_);
    found_ = reasons;
    found_at_ = now;
    return reasons;
}

}  // namespace signet::server
