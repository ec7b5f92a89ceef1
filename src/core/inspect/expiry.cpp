#include "inspect/expiry.h"

#include <algorithm>

#include "base/error.h"
#include "ca/expiry_limits.h"

namespace signet::inspect {
namespace {

int rank(Health health) {
    switch (health) {
        case Health::ok:
            return 0;
        case Health::unknown:
            return 1;
        case Health::warning:
            return 2;
        case Health::critical:
            return 3;
        case Health::expired:
            return 4;
    }
    return 1;
}

}  // namespace

std::string_view health_word(Health health) {
    switch (health) {
        case Health::ok:
            return "OK";
        case Health::warning:
            return "WARNING";
        case Health::critical:
            return "CRITICAL";
        case Health::expired:
            return "EXPIRED";
        case Health::unknown:
            return "UNKNOWN";
    }
    return "";
}

int plugin_code(Health health) {
    switch (health) {
        case Health::ok:
            return 0;
        case Health::warning:
            return 1;
        case Health::critical:
        case Health::expired:
            return 2;
        case Health::unknown:
            return 3;
    }
    return 3;
}

Health worse(Health a, Health b) { return rank(a) >= rank(b) ? a : b; }

Limits limits_for(base::Duration lifetime, const WantedLimits& wanted) {
    if (wanted.warn && wanted.crit && *wanted.crit > *wanted.warn) {
        throw base::Error{base::Kind::usage,
                          "--crit " + base::format_duration(*wanted.crit) + " comes before --warn " +
                              base::format_duration(*wanted.warn),
                          "give --warn the longer time"};
    }
    const auto [warn, crit] = ca::usual_expiry_limits(lifetime);
    return {wanted.warn.value_or(std::max(warn, wanted.crit.value_or(warn))),
            wanted.crit.value_or(std::min(crit, wanted.warn.value_or(crit)))};
}

Health judge(const Span& span, const Limits& limits, base::Time now) {
    if (now >= span.not_after + std::chrono::seconds(1)) return Health::expired;
    if (now < span.not_before) return Health::critical;
    const auto left = span.not_after - now;
    if (left < limits.crit) return Health::critical;
    return left < limits.warn ? Health::warning : Health::ok;
}

}  // namespace signet::inspect
