#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

struct evp_pkey_st;

namespace signet::crypto {

class ContextShelf;

enum class KeyType {
    ec_p256,
    ec_p384,
    ec_p521,
    ed25519,
    rsa_2048,
    rsa_3072,
    rsa_4096,
    ml_dsa_44,
    ml_dsa_65,
    ml_dsa_87
};

/// "ec-p256", "rsa-2048": the spelling of settings, flags and JSON.
std::string_view key_type_name(KeyType type);
std::optional<KeyType> parse_key_type(std::string_view name);
/// The types that certificates may have, in the order that help shows them.
std::span<const KeyType> certificate_key_types();
/// Those of them that this OpenSSL can make, asked at run time.
std::span<const KeyType> makeable_key_types();

/// A public key, with its SubjectPublicKeyInfo as it stands in certificates. Cheap to copy (shared, immutable),
/// thread-safe.
class PublicKey {
public:
    /// `der` is exactly one SubjectPublicKeyInfo. P-256, P-384 and Ed25519 skip OpenSSL's decoder (150 µs in 3.0);
    /// points are checked to lie on the curve. Throws bad_public_key.
    static PublicKey from_spki(base::ByteView der);
    static PublicKey from_ec_point(KeyType curve, base::ByteView x, base::ByteView y);  // fixed-width coordinates
    static PublicKey from_ed25519(base::ByteView raw);
    static PublicKey from_rsa(base::ByteView modulus, base::ByteView exponent);  // big-endian

    const base::Bytes& spki_der() const;
    /// nullopt for a key that is none of KeyType: an RSA-1024, a secp256k1.
    std::optional<KeyType> type() const;
    /// "ec-p256", "rsa-1024", "ec secp256k1": for messages.
    std::string describe() const;
    bool is_rsa() const;
    int bits() const;
    /// The key bits alone (contents of the SPKI's BIT STRING): what key identifiers hash (RFC 5280 section 4.2.1.2).
    base::ByteView key_bits() const;
    /// EC: x and y at fixed width. RSA: modulus and exponent, big-endian without leading zeros. Ed25519: raw in
    /// `first`.
    struct Parts {
        base::Bytes first;
        base::Bytes second;
    };
    Parts parts() const;

    evp_pkey_st* handle() const;     // borrowed
    ContextShelf& contexts() const;  // for crypto::verify alone
    friend bool operator==(const PublicKey& a, const PublicKey& b);

private:
    struct State;
    explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
    std::shared_ptr<const State> state_;
};

/// Weak keys that everyone must refuse, whatever the profile says: RSA under 2048 or over 4096 bits, even or tiny
/// exponents, small factors, primes close to each other, ROCA; other curves. nullopt when fit, else the reason. Keys
/// that only a list tells of (CVE-2008-0166): crypto/weak_keys.h.
std::optional<std::string> weakness(const PublicKey& key);

/// From here on whatever OpenSSL frees is overwritten first: its decoders leave copies of keys behind. To be called
/// before anything else of OpenSSL, else it does nothing.
void wipe_freed_memory();

/// From here on private keys are made and read in memory of their own: locked (never swapped out), left out of cores,
/// between guard pages; `bytes` of it, a power of two. Takes effect once a process, before the first key. False when
/// the limit of locked memory is too low, after raising it as far as this process may: then it is all that but locked.
bool keep_keys_apart(std::size_t bytes);

/// Whether a PEM text holds a private key that takes a passphrase, by its labels alone.
bool is_encrypted(std::string_view pem);

class TokenKey;

/// A private key, in memory or in a token. Move-only; wiped by OpenSSL when it dies.
class PrivateKey {
public:
    static PrivateKey generate(KeyType type);
    /// PKCS#8 ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY") or the traditional forms. Throws bad_input naming `what`
    /// (no key in it, damaged, passphrase missing, one whose decryption is made to take minutes) or refused (wrong
    /// passphrase).
    static PrivateKey from_pem(std::string_view pem, std::string_view what, const base::Secret* passphrase = nullptr);
    /// One that stays in its token (crypto/token_key.h): it signs, and that is all.
    static PrivateKey in_token(std::unique_ptr<TokenKey> key);
    PrivateKey(PrivateKey&&) noexcept;
    PrivateKey& operator=(PrivateKey&&) noexcept;
    ~PrivateKey();

    /// Where it stays; nullptr for a key in memory.
    const TokenKey* token() const;

    /// PKCS#8 PEM, not encrypted. A key in a token has none: throws refused.
    base::Secret to_pem() const;
    /// PKCS#8 PEM, encrypted by AES-256-CBC under a key from PBKDF2 (RFC 8018), 600,000 rounds of HMAC-SHA-256: what
    /// every tool opens. Takes a tenth of a second or two.
    base::Secret to_encrypted_pem(const base::Secret& passphrase) const;
    const PublicKey& public_key() const;

    evp_pkey_st* handle() const;  // borrowed; throws refused for a key in a token

private:
    struct State;
    explicit PrivateKey(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace signet::crypto
