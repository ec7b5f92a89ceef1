#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "net/resolver.h"

namespace signet::server {

struct Exchange;

/// How much of the server may wait for CAA answers. Waiting takes a request's own thread: name servers that stall hold
/// `asking` and `waiting` of them, of one account only some, and the others are served.
struct CaaLimits {
    int asking = 16;
    int waiting = 8;  // for a place: together less than the server has workers
    int of_account = 8;
    std::chrono::milliseconds patience = std::chrono::seconds(5);
};

/// CAA (RFC 8659) before a certificate is signed, where the order's profile says `caa = true`. Thread-safe.
class CaaGate {
public:
    explicit CaaGate(net::Resolver& resolver, CaaLimits limits = {}) : resolver_(resolver), limits_(limits) {}

    /// For the order that `exchange` finalizes. Throws caa with one part per name that is refused; rate_limited
    /// when too many others wait.
    void require(const Exchange& exchange);

private:
    class Place;
    net::Resolver& resolver_;
    const CaaLimits limits_;
    std::mutex mutex_;  // guards the counts; never held while DNS is asked
    std::condition_variable free_;
    int asking_ = 0, waiting_ = 0;
    std::map<std::string, int> of_account_;  // asking and waiting
};

}  // namespace signet::server
