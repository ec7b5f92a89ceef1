#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "crypto/signature.h"

namespace signet::x509 {

/// The DER of an AlgorithmIdentifier: ECDSA, Ed25519 and ML-DSA without parameters (RFC 5758, RFC 8410, RFC 9881), RSA
/// with NULL (RFC 4055 section 5), RSA-PSS with its parameters written out.
const base::Bytes& algorithm_identifier(crypto::SignatureAlgorithm algorithm);

/// The algorithm that this whole AlgorithmIdentifier names; nullopt for one that signet does not verify (SHA-1, MD5,
/// DSA).
std::optional<crypto::SignatureAlgorithm> parse_algorithm(base::ByteView der);
/// For messages: "ecdsa-with-SHA256", "sha1WithRSAEncryption", or the dotted OID.
std::string describe_algorithm(base::ByteView der);

}  // namespace signet::x509
