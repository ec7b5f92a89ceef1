#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "x509/certificate.h"

namespace signet::client {

/// `--before`: a share of the lifetime ("33%") or a time ("30d").
struct Before {
    double share = 0;           // of the lifetime, 0 to 1
    base::Duration duration{};  // counts when share is 0
};
/// Throws usage for a text that is neither, or a share outside (0 %, 100 %).
Before parse_before(std::string_view text);

/// How long before its end a certificate is due: a third of its lifetime, half for lifetimes under ten days; `before`
/// can only make it more. Throws usage when `before` is not below the lifetime.
base::Duration renewal_lead(const x509::Certificate& leaf, const std::optional<Before>& before);

/// The moment from which on it is due.
base::Time due_at(const x509::Certificate& leaf, const std::optional<Before>& before);

}  // namespace signet::client
