#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace signet::inspect {

/// How a certificate stands with its end. In the order of monitoring plugins: see worse().
enum class Health { ok, warning, critical, expired, unknown };

/// "OK", "WARNING", "CRITICAL", "EXPIRED", "UNKNOWN".
std::string_view health_word(Health health);
/// The exit code of a monitoring plugin: 0, 1, 2, 2, 3.
int plugin_code(Health health);
/// The one that counts of two: an end that is near beats what could not be looked at.
Health worse(Health a, Health b);

/// What is left when a warning begins, and when it is critical.
struct Limits {
    base::Duration warn, crit;
};
/// What the operator gave, absolute. Without: 30 and 7 days for lifetimes from 90 days up, 25 % and 10 % of the
/// lifetime below; a limit given alone moves the other only so far that critical is not earlier than warning.
struct WantedLimits {
    std::optional<base::Duration> warn, crit;
};
/// Throws usage when what was given is the wrong way round.
Limits limits_for(base::Duration lifetime, const WantedLimits& wanted);

struct Span {
    base::Time not_before, not_after;  // both ends count
    base::Duration lifetime() const { return not_after - not_before + std::chrono::seconds(1); }
};
/// A certificate that is not valid yet is critical.
Health judge(const Span& span, const Limits& limits, base::Time now);

}  // namespace signet::inspect
