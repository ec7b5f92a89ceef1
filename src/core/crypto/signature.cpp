#include "crypto/signature.h"

#include <array>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "crypto/context_shelf.h"
#include "crypto/digests.h"
#include "crypto/openssl.h"
#include "crypto/spki.h"
#include "crypto/token_key.h"

namespace signet::crypto {
namespace {

using base::Bytes;
using base::ByteView;

enum class Family { ecdsa, rsa_pkcs1, rsa_pss, whole_message };

struct Scheme {
    Family family;
    const EVP_MD* digest;  // nullptr when the algorithm hashes by itself
    const char* key_type;  // OpenSSL's name of the keys it fits
};

Scheme scheme_of(SignatureAlgorithm algorithm) {
    switch (algorithm) {
        case SignatureAlgorithm::ecdsa_sha256:
            return {Family::ecdsa, sha256_algorithm(), "EC"};
        case SignatureAlgorithm::ecdsa_sha384:
            return {Family::ecdsa, sha384_algorithm(), "EC"};
        case SignatureAlgorithm::ecdsa_sha512:
            return {Family::ecdsa, sha512_algorithm(), "EC"};
        case SignatureAlgorithm::ed25519:
            return {Family::whole_message, nullptr, "ED25519"};
        case SignatureAlgorithm::rsa_sha256:
            return {Family::rsa_pkcs1, sha256_algorithm(), "RSA"};
        case SignatureAlgorithm::rsa_sha384:
            return {Family::rsa_pkcs1, sha384_algorithm(), "RSA"};
        case SignatureAlgorithm::rsa_sha512:
            return {Family::rsa_pkcs1, sha512_algorithm(), "RSA"};
        case SignatureAlgorithm::rsa_pss_sha256:
            return {Family::rsa_pss, sha256_algorithm(), "RSA"};
        case SignatureAlgorithm::rsa_pss_sha384:
            return {Family::rsa_pss, sha384_algorithm(), "RSA"};
        case SignatureAlgorithm::rsa_pss_sha512:
            return {Family::rsa_pss, sha512_algorithm(), "RSA"};
        case SignatureAlgorithm::ml_dsa_44:
            return {Family::whole_message, nullptr, "ML-DSA-44"};
        case SignatureAlgorithm::ml_dsa_65:
            return {Family::whole_message, nullptr, "ML-DSA-65"};
        case SignatureAlgorithm::ml_dsa_87:
            return {Family::whole_message, nullptr, "ML-DSA-87"};
    }
    return {};
}

bool fits(const EVP_PKEY* key, const Scheme& scheme) { return EVP_PKEY_is_a(key, scheme.key_type) == 1; }

/// The digest goes apart from the key operation: that is what OpenSSL does quickest.
struct Digest {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned size = 0;
};

Digest digest_of(const EVP_MD* algorithm, ByteView message) {
    Digest digest;
    check(EVP_Digest(message.data(), message.size(), digest.bytes.data(), &digest.size, algorithm, nullptr) == 1,
          "computing a digest");
    return digest;
}

bool set_padding(EVP_PKEY_CTX* context, const Scheme& scheme) {
    if (scheme.family == Family::ecdsa) return true;
    const bool pss = scheme.family == Family::rsa_pss;
    return EVP_PKEY_CTX_set_rsa_padding(context, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, scheme.digest) == 1 &&
           (!pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

EVP_MD_CTX* thread_digest_context() {
    thread_local const DigestContext context(EVP_MD_CTX_new());
    check(context && EVP_MD_CTX_reset(context.get()) == 1, "preparing a digest");
    return context.get();
}

Bytes sign_whole(EVP_PKEY* key, ByteView message) {
    EVP_MD_CTX* context = thread_digest_context();
    std::size_t size = 0;
    check(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1 &&
              EVP_DigestSign(context, nullptr, &size, message.data(), message.size()) == 1,
          "signing");
    Bytes signature(size);
    check(EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()) == 1, "signing");
    signature.resize(size);
    return signature;
}

bool verify_whole(EVP_PKEY* key, ByteView message, ByteView signature) {
    EVP_MD_CTX* context = thread_digest_context();
    return EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key) == 1 &&
           EVP_DigestVerify(context, signature.data(), signature.size(), message.data(), message.size()) == 1;
}

std::unique_ptr<VerifyContext> ready_to_verify(const PublicKey& key, SignatureAlgorithm algorithm,
                                               const Scheme& scheme) {
    auto context = key.contexts().take();
    if (context && context->algorithm == algorithm) return context;
    PkeyContext handle(EVP_PKEY_CTX_new_from_pkey(nullptr, key.handle(), nullptr));
    if (!handle || EVP_PKEY_verify_init(handle.get()) != 1 || !set_padding(handle.get(), scheme)) return nullptr;
    return std::make_unique<VerifyContext>(VerifyContext{algorithm, std::move(handle)});
}

bool verify_digest(const PublicKey& key, SignatureAlgorithm algorithm, const Scheme& scheme, const Digest& digest,
                   ByteView signature) {
    auto context = ready_to_verify(key, algorithm, scheme);
    if (!context) return false;
    // OpenSSL encodes an ECDSA signature anew and compares, so that only DER passes.
    const bool good = EVP_PKEY_verify(context->handle.get(), signature.data(), signature.size(), digest.bytes.data(),
                                      digest.size) == 1;
    key.contexts().put(std::move(context));
    return good;
}

std::size_t width_of(const PublicKey& key) { return key.type() ? coordinate_size(*key.type()) : 0; }

bool is_ecdsa(SignatureAlgorithm algorithm) { return scheme_of(algorithm).family == Family::ecdsa; }

using EcdsaSignature = Handle<ECDSA_SIG, ECDSA_SIG_free>;

}  // namespace

SignatureAlgorithm default_algorithm(KeyType type) {
    switch (type) {
        case KeyType::ec_p256:
            return SignatureAlgorithm::ecdsa_sha256;
        case KeyType::ec_p384:
            return SignatureAlgorithm::ecdsa_sha384;
        case KeyType::ec_p521:
            return SignatureAlgorithm::ecdsa_sha512;
        case KeyType::ed25519:
            return SignatureAlgorithm::ed25519;
        case KeyType::rsa_2048:
        case KeyType::rsa_3072:
        case KeyType::rsa_4096:
            return SignatureAlgorithm::rsa_sha256;
        case KeyType::ml_dsa_44:
            return SignatureAlgorithm::ml_dsa_44;
        case KeyType::ml_dsa_65:
            return SignatureAlgorithm::ml_dsa_65;
        case KeyType::ml_dsa_87:
            return SignatureAlgorithm::ml_dsa_87;
    }
    return SignatureAlgorithm::ecdsa_sha256;
}

SignatureAlgorithm default_algorithm(const PrivateKey& key) {
    const PublicKey& public_key = key.public_key();
    if (public_key.type()) return default_algorithm(*public_key.type());
    if (public_key.is_rsa()) return SignatureAlgorithm::rsa_sha256;
    throw base::Error(base::Kind::bad_public_key, "a key of type " + public_key.describe() + " signs nothing here");
}

Bytes sign(const PrivateKey& key, SignatureAlgorithm algorithm, ByteView message) {
    if (const TokenKey* token = key.token()) return token->sign(algorithm, message);
    const Scheme scheme = scheme_of(algorithm);
    check(fits(key.handle(), scheme), "signing with an algorithm that does not fit the key");
    if (scheme.family == Family::whole_message) return sign_whole(key.handle(), message);
    const Digest digest = digest_of(scheme.digest, message);
    const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.handle(), nullptr));
    check(context && EVP_PKEY_sign_init(context.get()) == 1 && set_padding(context.get(), scheme), "signing");
    Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.handle())));
    std::size_t size = signature.size();
    check(EVP_PKEY_sign(context.get(), signature.data(), &size, digest.bytes.data(), digest.size) == 1, "signing");
    signature.resize(size);
    return signature;
}

bool verify(const PublicKey& key, SignatureAlgorithm algorithm, ByteView message, ByteView signature) {
    const Scheme scheme = scheme_of(algorithm);
    if (!fits(key.handle(), scheme)) return false;
    bool good = false;
    if (scheme.family == Family::whole_message) {
        good = verify_whole(key.handle(), message, signature);
    } else {
        good = verify_digest(key, algorithm, scheme, digest_of(scheme.digest, message), signature);
    }
    if (!good) drain_errors("verifying a signature");
    return good;
}

Bytes sign_jose(const PrivateKey& key, SignatureAlgorithm algorithm, ByteView message) {
    Bytes der = sign(key, algorithm, message);
    if (!is_ecdsa(algorithm)) return der;
    const unsigned char* at = der.data();
    const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    const std::size_t width = width_of(key.public_key());
    Bytes fixed(2 * width);
    const int half = static_cast<int>(width);
    check(signature && width > 0 && BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), fixed.data(), half) == half &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), fixed.data() + width, half) == half,
          "encoding a signature");
    return fixed;
}

bool verify_jose(const PublicKey& key, SignatureAlgorithm algorithm, ByteView message, ByteView signature) {
    if (!is_ecdsa(algorithm)) return verify(key, algorithm, message, signature);
    const std::size_t width = width_of(key);
    if (width == 0 || signature.size() != 2 * width) return false;
    const EcdsaSignature numbers(ECDSA_SIG_new());
    BIGNUM* r = BN_bin2bn(signature.data(), static_cast<int>(width), nullptr);
    BIGNUM* s = BN_bin2bn(signature.data() + width, static_cast<int>(width), nullptr);
    check(numbers && r != nullptr && s != nullptr && ECDSA_SIG_set0(numbers.get(), r, s) == 1, "decoding a signature");
    std::array<unsigned char, 160> der{};  // P-521: 139
    unsigned char* end = der.data();
    const int size = i2d_ECDSA_SIG(numbers.get(), nullptr);
    check(size > 0 && static_cast<std::size_t>(size) <= der.size() && i2d_ECDSA_SIG(numbers.get(), &end) == size,
          "decoding a signature");
    return verify(key, algorithm, message, ByteView(der).first(static_cast<std::size_t>(size)));
}

}  // namespace signet::crypto
