#include <algorithm>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "crypto/key.h"
#include "crypto/key_encryption.h"
#include "crypto/key_memory.h"
#include "crypto/openssl.h"
#include "crypto/p256_pem.h"
#include "crypto/signature.h"
#include "crypto/spki.h"
#include "crypto/token_key.h"

namespace signet::crypto {
namespace {

using base::Bytes;
using base::Error;
using base::Kind;
using BigNumber = Handle<BIGNUM, BN_free>;

constexpr std::size_t k_largest_pem = 64 << 10;  // a file may hold a chain beside the key

EVP_PKEY* generate_key(KeyType type) {
    switch (type) {
        case KeyType::ec_p256:
            return EVP_EC_gen("P-256");
        case KeyType::ec_p384:
            return EVP_EC_gen("P-384");
        case KeyType::ec_p521:
            return EVP_EC_gen("P-521");
        case KeyType::ed25519:
            return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
        case KeyType::rsa_2048:
            return EVP_RSA_gen(2048U);
        case KeyType::rsa_3072:
            return EVP_RSA_gen(3072U);
        case KeyType::rsa_4096:
            return EVP_RSA_gen(4096U);
        case KeyType::ml_dsa_44:
            return EVP_PKEY_Q_keygen(nullptr, nullptr, "ML-DSA-44");
        case KeyType::ml_dsa_65:
            return EVP_PKEY_Q_keygen(nullptr, nullptr, "ML-DSA-65");
        case KeyType::ml_dsa_87:
            return EVP_PKEY_Q_keygen(nullptr, nullptr, "ML-DSA-87");
    }
    return nullptr;
}

Bytes number_of(const EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    check(EVP_PKEY_get_bn_param(key, name, &raw) == 1, "reading the numbers of an RSA key");
    const BigNumber number(raw);
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(raw)));
    BN_bn2bin(raw, bytes.data());
    return bytes;
}

void free_octets(void* octets) { OPENSSL_free(octets); }

Bytes encoded_spki(const EVP_PKEY* key) {
    unsigned char* raw = nullptr;
    const int size = i2d_PUBKEY(key, &raw);
    check(size > 0, "encoding a public key");
    const std::unique_ptr<unsigned char, Deleter<free_octets>> der(raw);
    return {raw, raw + size};
}

/// A key object of its own, so that copies of the public half never keep the private one in memory.
PublicKey public_half(EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        return PublicKey::from_rsa(number_of(key, OSSL_PKEY_PARAM_RSA_N), number_of(key, OSSL_PKEY_PARAM_RSA_E));
    }
    return PublicKey::from_spki(encoded_spki(key));
}

/// The same for a key whose type is known: a point needs no encoder.
PublicKey public_half(EVP_PKEY* key, KeyType type) {
    if (coordinate_size(type) == 0) return public_half(key);
    unsigned char* raw = nullptr;
    const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &raw);
    const std::unique_ptr<unsigned char, Deleter<free_octets>> point(raw);
    check(size > 0, "encoding a public key");
    return PublicKey::from_spki(write_spki(type, {raw, size}));
}

constexpr std::size_t k_p256_spki = 91;  // with an uncompressed point

/// The first signature of an RSA key leaves its primes behind, in memory that lives as long as the key.
Bytes first_signature(const PrivateKey& key, SignatureAlgorithm algorithm, base::ByteView message) {
    const AmongKeys apart(key.public_key().is_rsa());
    return sign(key, algorithm, message);
}

bool halves_fit(const PrivateKey& key) {
    const auto message = base::bytes_of("the two halves of a key");
    const SignatureAlgorithm algorithm = default_algorithm(key);
    return verify(key.public_key(), algorithm, message, first_signature(key, algorithm, message));
}

struct PassphraseRequest {
    const base::Secret* passphrase;
    bool asked = false;
};

/// OpenSSL's own callback would prompt on the terminal.
int give_passphrase(char* buffer, int size, int /*writing*/, void* context) {
    auto* request = static_cast<PassphraseRequest*>(context);
    request->asked = true;
    if (request->passphrase == nullptr) return -1;
    const std::string_view text = request->passphrase->reveal();
    if (text.size() > static_cast<std::size_t>(size)) return -1;
    std::copy(text.begin(), text.end(), buffer);
    return static_cast<int>(text.size());
}

PkeyHandle read_pem(std::string_view pem, const std::string& what, const base::Secret* passphrase) {
    if (pem.size() > k_largest_pem) {
        throw Error(Kind::bad_input,
                    what + " is larger than any private key: " + std::to_string(pem.size()) + " bytes");
    }
    check_decryption_cost(pem, what);
    PassphraseRequest request{passphrase};
    const BioHandle input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    check(input != nullptr, "reading a private key");
    PkeyHandle key(PEM_read_bio_PrivateKey(input.get(), nullptr, give_passphrase, &request));
    drain_errors("reading a private key");
    if (key) return key;
    if (request.asked && passphrase == nullptr) {
        throw Error(Kind::bad_input, what + " is encrypted, and no passphrase was given",
                    "decrypt it first: openssl pkey -in ENCRYPTED -out PLAIN");
    }
    if (request.asked) throw Error(Kind::refused, "the passphrase does not open " + what);
    if (pem.find("PRIVATE KEY-----") == std::string_view::npos) {
        throw Error(Kind::bad_input, what + " holds no private key in PEM",
                    "name a file with a BEGIN PRIVATE KEY line");
    }
    throw Error(Kind::bad_input, what + " is damaged: its private key cannot be read",
                "copy it again from where it came, or make a new one");
}

}  // namespace

struct PrivateKey::State {
    PkeyHandle key;
    PublicKey public_key;
    std::unique_ptr<TokenKey> token = {};
};

PrivateKey::PrivateKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

PrivateKey PrivateKey::generate(KeyType type) {
    PkeyHandle key(generate_key(type));
    if (!key) {
        drain_errors("making a key");
        throw Error(Kind::environment, "this OpenSSL cannot make a key of type " + std::string(key_type_name(type)),
                    "choose another key type");
    }
    PublicKey public_key = public_half(key.get(), type);
    PrivateKey made(std::make_unique<State>(State{std::move(key), std::move(public_key)}));
    if (made.public_key().is_rsa()) check(halves_fit(made), "making a key");
    return made;
}

PrivateKey PrivateKey::from_pem(std::string_view pem, std::string_view what, const base::Secret* passphrase) {
    const std::string name(what);
    PkeyHandle handle(read_p256_pem(pem));
    const bool usual = handle != nullptr;
    if (!usual) handle = read_pem(pem, name, passphrase);
    try {
        PublicKey public_key = usual ? public_half(handle.get(), KeyType::ec_p256) : public_half(handle.get());
        PrivateKey key(std::make_unique<State>(State{std::move(handle), std::move(public_key)}));
        // A file can carry a public half of another key; certificates made with it would verify under neither.
        if (halves_fit(key)) return key;
    } catch (const Error& error) {
        throw Error(Kind::bad_input, name + " holds a key that cannot be used: " + error.message(),
                    "use an EC P-256, P-384, Ed25519 or RSA key");
    }
    throw Error(Kind::bad_input, name + " is damaged: the halves of its key do not fit each other");
}

PrivateKey PrivateKey::in_token(std::unique_ptr<TokenKey> key) {
    PublicKey public_key = key->public_key();
    return PrivateKey(std::make_unique<State>(State{{}, std::move(public_key), std::move(key)}));
}

base::Secret PrivateKey::to_pem() const {
    const bool usual = state_->public_key.spki_der().size() == k_p256_spki;  // its point is not compressed
    if (usual && state_->public_key.type() == KeyType::ec_p256) return write_p256_pem(handle(), state_->public_key);
    const BioHandle out(BIO_new(BIO_s_secmem()));
    check(out && PEM_write_bio_PKCS8PrivateKey(out.get(), handle(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "writing a private key");
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return base::Secret(std::string(text, static_cast<std::size_t>(size)));
}

base::Secret PrivateKey::to_encrypted_pem(const base::Secret& passphrase) const {
    return encrypt_key(handle(), passphrase);
}

const PublicKey& PrivateKey::public_key() const { return state_->public_key; }
const TokenKey* PrivateKey::token() const { return state_->token.get(); }

evp_pkey_st* PrivateKey::handle() const {
    if (state_->token)
        throw Error(Kind::refused, "the key stays in its token (" + state_->token->reference() + ")",
                    "have the token sign, or make a key outside of it");
    return state_->key.get();
}

}  // namespace signet::crypto
