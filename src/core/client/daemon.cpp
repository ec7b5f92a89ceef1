#include "client/daemon.h"

#include <algorithm>

namespace signet::client {
namespace {

constexpr base::Duration k_minute = std::chrono::minutes(1);
constexpr base::Duration k_soonest = std::chrono::seconds(1);  // whatever a round asks for

// Waits for the next round, a minute at a time.
void wait(const DaemonRounds& rounds, base::Clock& clock, Waker& waker, base::Time until, const std::stop_token& stop) {
    const auto before = rounds.fingerprint();
    for (auto begin = clock.now();;) {
        const auto step = std::min(until, begin + k_minute);
        if (!clock.wait_until(step, waker.token()) || stop.stop_requested()) return;
        const auto now = clock.now();
        const bool jumped = now < begin - k_soonest || now > step + k_minute;
        if (now >= until || jumped || rounds.fingerprint() != before) return;
        begin = now;
    }
}

}  // namespace

void Waker::wake() {
    const std::lock_guard lock(mutex_);
    source_.request_stop();
}

std::stop_token Waker::token() {
    const std::lock_guard lock(mutex_);
    auto token = source_.get_token();
    if (token.stop_requested()) source_ = std::stop_source();  // used up by the wait that gets it
    return token;
}

void run_daemon(const DaemonRounds& rounds, base::Clock& clock, Waker& waker, std::stop_token stop) {
    while (!stop.stop_requested()) {
        const auto next = rounds.look();
        const auto now = clock.now();
        const auto until = std::clamp(next, now + k_soonest, now + std::max(k_soonest, rounds.interval));
        wait(rounds, clock, waker, until, stop);
    }
}

}  // namespace signet::client
