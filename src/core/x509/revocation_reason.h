#pragma once

#include <string_view>

namespace signet::x509 {

/// The name of a CRLReason (RFC 5280 section 5.3.1), "keyCompromise" for 1; empty for a number without a meaning.
std::string_view revocation_reason_name(int code);

}  // namespace signet::x509
