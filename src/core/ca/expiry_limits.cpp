#include "ca/expiry_limits.h"

namespace signet::ca {

namespace {

constexpr base::Duration k_long_lifetime = std::chrono::days(90);
constexpr base::Duration k_long_warn = std::chrono::days(30), k_long_crit = std::chrono::days(7);

}  // namespace

ExpiryLimits usual_expiry_limits(base::Duration lifetime) {
    if (lifetime >= k_long_lifetime) return {k_long_warn, k_long_crit};
    return {lifetime / 4, lifetime / 10};
}

}  // namespace signet::ca
