#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "net/resolver.h"
#include "server/waiting_places.h"

namespace signet::server {

struct Exchange;

/// How much of the server may wait for CAA answers. Waiting takes a request's own thread and one of the WaitingPlaces:
/// name servers that stall hold `asking` and `waiting` of them, of one account only some, and the others are served.
struct CaaLimits {
    int asking = 12;
    int waiting = 4;  // for their turn to ask
    int of_account = 8;
    std::chrono::milliseconds patience = std::chrono::seconds(5);
};

/// CAA (RFC 8659) before a certificate is signed, where the order's profile says `caa = true`. Thread-safe.
class CaaGate {
public:
    CaaGate(net::Resolver& resolver, WaitingPlaces& places, CaaLimits limits = {})
        : resolver_(resolver), places_(places), limits_(limits) {}

    /// For the order that `exchange` finalizes. Throws caa with one part per name that is refused; rate_limited
    /// when too many others wait.
    void require(const Exchange& exchange);

private:
    class Turn;
    net::Resolver& resolver_;
    WaitingPlaces& places_;
    const CaaLimits limits_;
    std::mutex mutex_;  // guards the counts; never held while DNS is asked
    std::condition_variable free_;
    int asking_ = 0, waiting_ = 0;
    std::map<std::string, int> of_account_;  // asking and waiting
};

}  // namespace signet::server
