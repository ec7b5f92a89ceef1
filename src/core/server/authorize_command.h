#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/json.h"
#include "server/waiting_places.h"

namespace signet::server {

/// How much of the server an authorize_command may take. A program that hangs holds `running` and `waiting` requests
/// for `deadline`; the others that need it are turned away after `crowd_patience`, and those that do not are served.
/// Each of them has one of the WaitingPlaces too, and CAA shall have some left.
struct GateLimits {
    std::chrono::milliseconds deadline = std::chrono::seconds(10);  // of the program, and of waiting for its turn
    int running = 8;
    int waiting = 8;  // beside the running ones
    std::chrono::milliseconds crowd_patience = std::chrono::milliseconds(200);
};

/// The operator's own program as a gate before every mode (`authorize_command` of a profile). Thread-safe.
class AuthorizeGate {
public:
    explicit AuthorizeGate(WaitingPlaces& places, GateLimits limits = {}) : places_(places), limits_(limits) {}

    /// Runs `command`, split as a shell splits quotes, without a shell, with `question` on its standard input, and
    /// returns when it ended with 0. Throws refused with its output as the reason when it ended with 1, rate_limited
    /// when too many wait for it, environment for all else.
    void ask(const std::string& command, const std::map<std::string, std::string>& environment,
             const base::Json& question);

private:
    class Turn;
    WaitingPlaces& places_;
    GateLimits limits_;
    std::mutex mutex_;
    std::condition_variable free_;
    int running_ = 0, waiting_ = 0;
};

/// What the program said, as one line of at most 500 printable characters; empty when it said nothing.
std::string gate_reason(std::string_view output, std::string_view errors);

}  // namespace signet::server
