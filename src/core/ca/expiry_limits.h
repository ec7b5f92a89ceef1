#pragma once

#include "base/time.h"

namespace signet::ca {

/// What is left of a certificate's life when a warning begins, and when it is critical: 30 and 7 days for lifetimes
/// from 90 days up, 25 % and 10 % of the lifetime below.
struct ExpiryLimits {
    base::Duration warn, crit;
};
ExpiryLimits usual_expiry_limits(base::Duration lifetime);

}  // namespace signet::ca
