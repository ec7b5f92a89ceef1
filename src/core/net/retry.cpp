#include "net/retry.h"

#include <algorithm>

namespace signet::net {

constexpr base::Duration k_first = std::chrono::milliseconds(250);
constexpr base::Duration k_longest = std::chrono::seconds(15);
constexpr int k_doublings = 6;  // 250 ms doubled six times is 16 s: from there on k_longest

/// Up to a tenth, different from one attempt to the next: two clients that failed together drift apart a little even
/// without randomness, and a test sees the same waits each time.
static base::Duration jitter(base::Duration delay, int attempt) {
    const auto step = static_cast<base::Duration::rep>(attempt * 7 % 10);
    return delay * step / 100;
}

bool Retry::wait(std::optional<base::Duration> retry_after, std::stop_token stop) {
    auto delay = std::min(k_longest, k_first * (1 << std::min(attempt_, k_doublings)));
    delay += jitter(delay, attempt_);
    delay = std::max(delay, retry_after.value_or(base::Duration(0)));
    ++attempt_;
    if (delay >= left()) return false;
    return clock_.wait_until(clock_.now() + delay, stop);
}

}  // namespace signet::net
