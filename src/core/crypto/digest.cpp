#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "crypto/digests.h"
#include "crypto/openssl.h"

namespace signet::crypto {
namespace {

using MessageDigest = Handle<EVP_MD, EVP_MD_free>;

void digest_into(const EVP_MD* algorithm, base::ByteView message, std::span<std::uint8_t> out) {
    unsigned size = 0;
    const bool ok = EVP_Digest(message.data(), message.size(), out.data(), &size, algorithm, nullptr) == 1;
    check(ok && size == out.size(), "computing a digest");
}

void hmac_into(const EVP_MD* algorithm, base::ByteView key, base::ByteView message, std::span<std::uint8_t> out) {
    static constexpr std::uint8_t k_nothing = 0;  // HMAC takes a null key for "the one before"
    const void* key_data = key.empty() ? &k_nothing : key.data();
    unsigned size = 0;
    const auto* done =
        HMAC(algorithm, key_data, static_cast<int>(key.size()), message.data(), message.size(), out.data(), &size);
    check(done != nullptr && size == out.size(), "computing a MAC");
}

}  // namespace

// Fetched once for the process: each fetch by name takes a lock and a lookup.
const EVP_MD* sha1_algorithm() {
    static const MessageDigest algorithm(EVP_MD_fetch(nullptr, "SHA1", nullptr));
    return algorithm.get();
}

const EVP_MD* sha256_algorithm() {
    static const MessageDigest algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    return algorithm.get();
}

const EVP_MD* sha384_algorithm() {
    static const MessageDigest algorithm(EVP_MD_fetch(nullptr, "SHA384", nullptr));
    return algorithm.get();
}

const EVP_MD* sha512_algorithm() {
    static const MessageDigest algorithm(EVP_MD_fetch(nullptr, "SHA512", nullptr));
    return algorithm.get();
}

std::array<std::uint8_t, 32> sha256(base::ByteView message) {
    std::array<std::uint8_t, 32> out{};
    digest_into(sha256_algorithm(), message, out);
    return out;
}

std::array<std::uint8_t, 20> sha1(base::ByteView message) {
    std::array<std::uint8_t, 20> out{};
    digest_into(sha1_algorithm(), message, out);
    return out;
}

base::Bytes sha384(base::ByteView message) {
    base::Bytes out(48);
    digest_into(sha384_algorithm(), message, out);
    return out;
}

base::Bytes sha512(base::ByteView message) {
    base::Bytes out(64);
    digest_into(sha512_algorithm(), message, out);
    return out;
}

std::array<std::uint8_t, 32> hmac_sha256(base::ByteView key, base::ByteView message) {
    std::array<std::uint8_t, 32> out{};
    hmac_into(sha256_algorithm(), key, message, out);
    return out;
}

base::Bytes hmac_sha384(base::ByteView key, base::ByteView message) {
    base::Bytes out(48);
    hmac_into(sha384_algorithm(), key, message, out);
    return out;
}

base::Bytes hmac_sha512(base::ByteView key, base::ByteView message) {
    base::Bytes out(64);
    hmac_into(sha512_algorithm(), key, message, out);
    return out;
}

bool constant_time_equal(base::ByteView a, base::ByteView b) {
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace signet::crypto
