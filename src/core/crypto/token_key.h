#pragma once

#include <string>

#include "base/bytes.h"
#include "crypto/key.h"

namespace signet::crypto {

enum class SignatureAlgorithm;

/// A private key that never leaves its token: a security module, a smart card. PrivateKey::in_token makes one usable
/// like any other for signing; it has no PEM. Thread-safe.
class TokenKey {
public:
    TokenKey() = default;
    TokenKey(const TokenKey&) = delete;
    TokenKey& operator=(const TokenKey&) = delete;
    virtual ~TokenKey() = default;

    virtual const PublicKey& public_key() const = 0;
    /// As crypto::sign. Throws environment when the token is gone or refuses.
    virtual base::Bytes sign(SignatureAlgorithm algorithm, base::ByteView message) const = 0;
    /// Where it is: an RFC 7512 URI without a PIN.
    virtual const std::string& reference() const = 0;
    /// Removes both halves from the token: for a key that no certificate was made for.
    virtual void destroy() const = 0;
};

}  // namespace signet::crypto
