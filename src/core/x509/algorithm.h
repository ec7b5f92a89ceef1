#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/signature.h"
#include "x509/der.h"

namespace signet::x509 {

/// The DER of an AlgorithmIdentifier: ECDSA, Ed25519 and ML-DSA without parameters (RFC 5758, RFC 8410, RFC 9881), RSA
/// with NULL (RFC 4055 section 5), RSA-PSS with its parameters written out.
const base::Bytes& algorithm_identifier(crypto::SignatureAlgorithm algorithm);

/// The algorithm that this whole AlgorithmIdentifier names; nullopt for one that signet does not verify (SHA-1, MD5,
/// DSA).
std::optional<crypto::SignatureAlgorithm> parse_algorithm(base::ByteView der);
/// Reads the next element whole as an AlgorithmIdentifier of any algorithm: an OID and at most one element of
/// parameters (RFC 5280 section 4.1.1.2). Throws malformed.
base::ByteView read_algorithm(der::Reader& from, std::string_view field);
/// For messages, of what read_algorithm returned: "ecdsa-with-SHA256", "sha1WithRSAEncryption", or the dotted OID.
std::string describe_algorithm(base::ByteView der);

}  // namespace signet::x509
