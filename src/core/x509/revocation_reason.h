#pragma once

#include <optional>
#include <string_view>

namespace signet::x509 {

// CRLReason, RFC 5280 section 5.3.1.
inline constexpr int k_key_compromise = 1;
inline constexpr int k_certificate_hold = 6;
inline constexpr int k_remove_from_crl = 8;  // in delta CRLs alone

/// The name of a CRLReason (RFC 5280 section 5.3.1), "keyCompromise" for 1; empty for a number without a meaning.
std::string_view revocation_reason_name(int code);
/// The number for a name in any case, with or without underscores or hyphens: "KEY_COMPROMISE"; nullopt for no name.
std::optional<int> parse_revocation_reason(std::string_view name);

}  // namespace signet::x509
