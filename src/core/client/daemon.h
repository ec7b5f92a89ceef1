#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/time.h"

namespace signet::client {

/// Lets another thread cut a wait short. Thread-safe.
class Waker {
public:
    void wake();
    /// Of the next wait: a wake-up that came before it counts too.
    std::stop_token token();

private:
    std::mutex mutex_;
    std::stop_source source_;
};

struct DaemonRounds {
    /// One round: renews what is due, and tells when something is to be done next.
    std::function<base::Time()> look;
    /// Another text once files have changed under us; asked once a minute at most.
    std::function<std::string()> fingerprint;
    base::Duration interval;  // between rounds at most
};

/// Rounds until `look` or the clock throws, or `stop`. Between two of them the process wakes up once a minute, to see
/// whether files were edited or the wall clock jumped (a suspended machine): then the next round comes at once.
void run_daemon(const DaemonRounds& rounds, base::Clock& clock, Waker& waker, std::stop_token stop);

}  // namespace signet::client
