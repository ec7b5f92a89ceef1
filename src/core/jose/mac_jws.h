#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace signet::jose {

/// "alg" of RFC 7518 section 3.2.
enum class MacAlgorithm { hs256, hs384, hs512 };

/// A flattened JWS under a shared key, as an external account binding is one (RFC 8555 section 7.3.4); parsed, not yet
/// verified.
struct MacJws {
    std::string protected_b64url;  // as received: the MAC covers these very characters
    std::string payload_b64url;
    base::Bytes mac;
    base::Bytes payload;
    MacAlgorithm algorithm;
    std::string kid;
    std::string url;
};

/// Throws malformed, starting with `what`, for the shape, an "alg" that is no MAC, a nonce, a jwk, no kid or no url.
MacJws parse_mac_jws(std::string_view body, std::string_view what);
/// In time that tells nothing of how much of the MAC is right.
bool verify_mac_jws(const MacJws& jws, base::ByteView key);
/// By HS256, as JSON text.
std::string sign_mac_jws(base::ByteView key, const std::string& kid, const std::string& url, std::string_view payload);

}  // namespace signet::jose
