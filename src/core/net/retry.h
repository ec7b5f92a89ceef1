#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "base/time.h"

namespace signet::net {

/// Exponential back-off with a deadline: 250 ms, doubled up to 15 s, a tenth of jitter from the attempt's number; a
/// Retry-After wins when it is longer. Whoever sets the clock meanwhile changes nothing about the deadline.
class Retry {
public:
    Retry(base::Clock& clock, base::Duration patience) : clock_(clock), deadline_(clock, patience) {}
    /// Sleeps before the next try. False when that would pass the deadline, or on a stop request.
    bool wait(std::optional<base::Duration> retry_after = {}, std::stop_token stop = {});
    base::Duration left() const { return deadline_.left(); }

private:
    base::Clock& clock_;
    base::Deadline deadline_;
    int attempt_ = 0;
};

}  // namespace signet::net
