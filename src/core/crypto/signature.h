#pragma once

#include <string_view>

#include "base/bytes.h"
#include "crypto/key.h"

namespace signet::crypto {

enum class SignatureAlgorithm {
    ecdsa_sha256,
    ecdsa_sha384,
    ecdsa_sha512,
    ed25519,
    rsa_sha256,  // PKCS#1 v1.5
    rsa_sha384,
    rsa_sha512,
    rsa_pss_sha256,  // verified only
    rsa_pss_sha384,
    rsa_pss_sha512,
    ml_dsa_44,
    ml_dsa_65,
    ml_dsa_87,
};

/// What this key signs certificates with: ECDSA with the hash of its curve's size, Ed25519, RSA PKCS#1 with SHA-256,
/// ML-DSA.
SignatureAlgorithm default_algorithm(KeyType type);
SignatureAlgorithm default_algorithm(const PrivateKey& key);

/// Signature in its X.509 encoding (ECDSA: DER SEQUENCE of r and s). Thread-safe; contexts are per thread and reused.
base::Bytes sign(const PrivateKey& key, SignatureAlgorithm algorithm, base::ByteView message);
/// False for a bad signature, an algorithm that does not fit the key, or an encoding that is not DER. Never throws for
/// bad input.
bool verify(const PublicKey& key, SignatureAlgorithm algorithm, base::ByteView message, base::ByteView signature);

/// The same with ECDSA signatures as fixed-width r||s (RFC 7518 section 3.4); other algorithms are as above.
base::Bytes sign_jose(const PrivateKey& key, SignatureAlgorithm algorithm, base::ByteView message);
bool verify_jose(const PublicKey& key, SignatureAlgorithm algorithm, base::ByteView message, base::ByteView signature);

}  // namespace signet::crypto
