#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "crypto/key.h"
#include "crypto/signature.h"

namespace signet::jose {

/// A flattened JWS (RFC 7515 section 7.2.2) as RFC 8555 section 6.2 restricts it, parsed but not yet verified.
struct Jws {
    std::string protected_b64url;  // as received: the signature covers these very characters
    std::string payload_b64url;
    base::Bytes signature;
    base::Bytes payload;  // decoded; empty for POST-as-GET
    crypto::SignatureAlgorithm algorithm;
    std::string url;
    std::optional<std::string> nonce;
    std::optional<std::string> kid;  // exactly one of kid and jwk
    std::optional<crypto::PublicKey> jwk;
};

/// Throws malformed for the shape (not flattened, unprotected header, crit, b64, duplicate or unknown top members,
/// both or neither of kid and jwk, padding), bad_signature_algorithm for `alg`, bad_public_key for `jwk`.
/// Checks neither nonce nor url nor signature: server/authenticate does, in RFC order.
Jws parse_jws(std::string_view body);

/// True when the signature verifies under `key` with the algorithm the header names and that fits the key.
bool verify_jws(const Jws& jws, const crypto::PublicKey& key);

/// Protected header members beyond alg, in order; what a client signs.
struct JwsHeader {
    std::string url;
    std::optional<std::string> nonce;
    std::optional<std::string> kid;  // else the key's jwk is embedded
};
/// Flattened JWS of `payload` as JSON text.
std::string sign_jws(const crypto::PrivateKey& key, const JwsHeader& header, std::string_view payload);

}  // namespace signet::jose
