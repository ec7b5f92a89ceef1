#pragma once

#include <optional>

#include "base/bytes.h"
#include "crypto/key.h"

namespace signet::crypto {

/// The two parts of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), as views into it.
struct Spki {
    base::ByteView algorithm;  // the whole AlgorithmIdentifier
    base::ByteView key_bits;   // contents of the BIT STRING, which has no unused bits
};
struct RsaNumbers {
    base::ByteView modulus;  // big-endian, without leading zeros
    base::ByteView exponent;
};

/// Strict DER, nothing before or after. nullopt for anything else.
std::optional<Spki> read_spki(base::ByteView der);
/// RSAPublicKey (RFC 8017 appendix A.1.1): two positive INTEGERs.
std::optional<RsaNumbers> read_rsa_key(base::ByteView der);

/// The key type whose AlgorithmIdentifier this is: an EC curve or Ed25519.
std::optional<KeyType> type_of_algorithm(base::ByteView algorithm);
bool is_rsa_algorithm(base::ByteView algorithm);

/// The SubjectPublicKeyInfo of a point or an Ed25519 key.
base::Bytes write_spki(KeyType type, base::ByteView key_bits);
base::Bytes write_rsa_spki(base::ByteView modulus, base::ByteView exponent);

/// Octets of one coordinate: 32, 48, 66. Zero when it is no curve.
std::size_t coordinate_size(KeyType type);
/// "P-256" and so on: OpenSSL's name of the group. nullptr when it is no curve.
const char* group_name(KeyType type);

}  // namespace signet::crypto
