#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"

namespace signet::jose {

/// A flattened JWS (RFC 7515 section 7.2.2) taken apart, whatever it is signed with.
struct Flattened {
    std::string protected_b64url;  // as received
    std::string payload_b64url;
    base::Bytes signature;
    base::Bytes payload;
};

/// Throws malformed, starting with `what`, for every other serialization, unprotected headers, unknown or duplicate
/// members, and padding.
Flattened parse_flattened(std::string_view body, std::string_view what);
/// What the protected header is decoded from. Throws malformed.
base::Bytes header_text(const Flattened& parts, std::string_view what);
/// The protected header. Throws malformed for what is no JSON, and for the extensions `crit` and `b64`.
base::Json parse_header(const Flattened& parts, std::string_view what);
[[noreturn]] void refuse_jws(std::string_view what, std::string why);

/// What a signature or a MAC covers (RFC 7515 section 5.1).
std::string signing_input(std::string_view protected_b64url, std::string_view payload_b64url);
std::string flattened_text(std::string_view protected_b64url, std::string_view payload_b64url,
                           std::string_view signature_b64url);

}  // namespace signet::jose
