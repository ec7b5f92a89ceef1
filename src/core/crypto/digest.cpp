#include "crypto/digest.h"

#include <algorithm>
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

struct HmacSha256Key::State {
    DigestContext inner, outer;
};

HmacSha256Key::HmacSha256Key(HmacSha256Key&&) noexcept = default;
HmacSha256Key& HmacSha256Key::operator=(HmacSha256Key&&) noexcept = default;
HmacSha256Key::~HmacSha256Key() = default;

HmacSha256Key::HmacSha256Key(base::ByteView key) {
    constexpr std::size_t block = 64;
    constexpr std::uint8_t inner_pad = 0x36, outer_pad = 0x5c;
    std::array<std::uint8_t, block> padded{};
    if (key.size() > block) {
        std::ranges::copy(sha256(key), padded.begin());
    } else {
        std::ranges::copy(key, padded.begin());
    }
    const auto begin = [&](std::uint8_t pad) {
        for (auto& octet : padded) octet ^= pad;
        DigestContext context(EVP_MD_CTX_new());
        check(context && EVP_DigestInit_ex(context.get(), sha256_algorithm(), nullptr) == 1 &&
                  EVP_DigestUpdate(context.get(), padded.data(), padded.size()) == 1,
              "preparing a MAC");
        for (auto& octet : padded) octet ^= pad;
        return context;
    };
    auto inner = begin(inner_pad);
    state_.reset(new State{std::move(inner), begin(outer_pad)});
    OPENSSL_cleanse(padded.data(), padded.size());
}

std::array<std::uint8_t, 32> HmacSha256Key::mac(base::ByteView message) const {
    thread_local const DigestContext context(EVP_MD_CTX_new());
    std::array<std::uint8_t, 32> out{};
    unsigned size = 0;
    check(context && EVP_MD_CTX_copy_ex(context.get(), state_->inner.get()) == 1 &&
              EVP_DigestUpdate(context.get(), message.data(), message.size()) == 1 &&
              EVP_DigestFinal_ex(context.get(), out.data(), &size) == 1 &&
              EVP_MD_CTX_copy_ex(context.get(), state_->outer.get()) == 1 &&
              EVP_DigestUpdate(context.get(), out.data(), out.size()) == 1 &&
              EVP_DigestFinal_ex(context.get(), out.data(), &size) == 1,
          "computing a MAC");
    return out;
}

bool constant_time_equal(base::ByteView a, base::ByteView b) {
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    check(context_ != nullptr && EVP_DigestInit_ex(context_, sha256_algorithm(), nullptr) == 1, "computing a digest");
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::add(base::ByteView piece) {
    check(EVP_DigestUpdate(context_, piece.data(), piece.size()) == 1, "computing a digest");
}

std::array<std::uint8_t, 32> Sha256::finish() {
    std::array<std::uint8_t, 32> digest{};
    check(EVP_DigestFinal_ex(context_, digest.data(), nullptr) == 1, "computing a digest");
    return digest;
}

}  // namespace signet::crypto
