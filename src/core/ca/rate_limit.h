#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/toml.h"

namespace signet::ca {

/// "300/3h": so many at once, given back evenly over the duration.
struct RateLimit {
    std::int64_t count = 0;
    base::Duration per{};
    static RateLimit parse(std::string_view text);  // throws bad_input
    std::string text() const;
};

/// rate_limits of [profile.NAME.acme]; what is not set does not limit.
struct RateLimits {
    std::optional<RateLimit> orders_per_account, accounts_per_address, certificates_per_name;
};

/// Reads the table and finishes it. Throws bad_input with line and nearest key.
RateLimits read_rate_limits(base::TomlTable& table);

}  // namespace signet::ca
