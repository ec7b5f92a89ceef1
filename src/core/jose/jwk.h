#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "crypto/key.h"
#include "crypto/signature.h"

namespace signet::jose {

/// A public JWK (RFC 7517): EC P-256, P-384, P-521, OKP Ed25519 (RFC 8037), RSA. Strict base64url, coordinates of
/// full width, no private members ("d" and kin). Throws bad_public_key.
crypto::PublicKey parse_jwk(const base::Json& jwk);
/// The required members alone, in the order RFC 7638 hashes them.
base::Json to_jwk(const crypto::PublicKey& key);
/// RFC 7638: base64url of SHA-256 over the canonical JSON.
std::string thumbprint(const crypto::PublicKey& key);

/// "ES256" and so on (RFC 7518, RFC 8037); nullopt for what signet does not accept.
std::optional<crypto::SignatureAlgorithm> parse_algorithm(std::string_view alg);
std::string_view algorithm_name(crypto::SignatureAlgorithm algorithm);
/// Every "alg" that parse_algorithm takes, for the `algorithms` member of badSignatureAlgorithm (RFC 8555 section 6.2).
std::vector<std::string> accepted_algorithms();
/// The algorithm that an account key of this type signs with. Throws bad_public_key when there is none.
crypto::SignatureAlgorithm algorithm_for(const crypto::PublicKey& key);

}  // namespace signet::jose
