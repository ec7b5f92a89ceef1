#pragma once

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

namespace signet::base {

/// Wall-clock time, UTC. Microseconds reach past the year 9999 that RFC 5280 allows.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

/// The clock seam. Held by the outermost objects only (ca::Issuer, server::App,
/// client::Session, net::Retry); everything below them takes a Time as an argument.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    /// Since some moment in the past: goes on evenly, whoever sets the wall clock.
    virtual Duration steady() const = 0;
    /// Sleeps until `when` or a stop request; true when `when` was reached. Follows jumps of the wall clock.
    virtual bool wait_until(Time when, std::stop_token stop) = 0;
};

/// The machine's clock. Thread-safe.
class SystemClock final : public Clock {
public:
    Time now() const override;
    Duration steady() const override;
    bool wait_until(Time when, std::stop_token stop) override;
};

/// By when something must be done that was given `span`, however the wall clock is set meanwhile. The clock outlives
/// it.
class Deadline {
public:
    Deadline(const Clock& clock, Duration span) : clock_(&clock), end_(clock.steady() + span) {}
    Duration left() const { return std::max(Duration(0), end_ - clock_->steady()); }

private:
    const Clock* clock_;
    Duration end_;
};

/// Whole seconds since the epoch, rounded down: what the database and X.509 hold.
std::int64_t to_unix(Time time);
Time from_unix(std::int64_t seconds);

/// "90s", "90m", "24h", "7d", "2w", "10y" (a year is 365 days). Throws bad_input naming `what`.
Duration parse_duration(std::string_view text, std::string_view what);
/// The shortest text that parse_duration reads back to the same value: "24h", "90m", "398d".
std::string format_duration(Duration duration);
/// For people: "12 days", "3 hours", "45 seconds", "2 days ago".
std::string describe_duration(Duration duration);

/// RFC 3339, with fractions of a second and any offset; in UTC still a year from 0 to 9999. Throws bad_input naming
/// `what`.
Time parse_time(std::string_view text, std::string_view what);
/// RFC 3339 in UTC to the second: "2027-01-15T08:00:00Z".
std::string format_time(Time time);

}  // namespace signet::base
