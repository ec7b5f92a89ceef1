#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "base/time.h"
#include "net/transport.h"

namespace signet::cli {

/// A clock whose waits end with an Error when a stop is requested.
class InterruptibleClock final : public base::Clock {
public:
    InterruptibleClock(base::Clock& clock, std::stop_token stop) : clock_(clock), stop_(std::move(stop)) {}
    base::Time now() const override { return clock_.now(); }
    base::Duration steady() const override { return clock_.steady(); }
    bool wait_until(base::Time when, std::stop_token stop) override;

private:
    base::Clock& clock_;
    std::stop_token stop_;
};

using MakeTransport = std::function<std::unique_ptr<net::Transport>(net::TransportSettings)>;

/// While it lives, SIGTERM, SIGINT and SIGHUP do not end the process at once: waits and conversations end with an
/// Error, what stands for the time of a challenge is taken back, and files that are being written are finished. Then
/// the process ends by the signal, at the latest ten seconds after it or at the second one. One at a time, made before
/// other threads are.
class Interruption {
public:
    Interruption();
    /// With another meaning for SIGHUP: `hang_up` is called for it, on another thread, and nothing ends.
    explicit Interruption(std::function<void()> hang_up);
    /// Ends the process when a signal came, unless `forgive` was called.
    ~Interruption();

    std::stop_token token() const;
    bool requested() const { return token().stop_requested(); }
    /// Transports whose `send` ends with an Error when a signal comes, whatever the server is at.
    MakeTransport transports(MakeTransport make) const;
    /// What the signal asked for is done: the command ends by itself with exit 0 (a daemon's end is no failure). Its
    /// output is written by then: after a conversation that was left in the middle the process ends where this does.
    void forgive();

private:
    class Watch;
    std::unique_ptr<Watch> watch_;
};

}  // namespace signet::cli
