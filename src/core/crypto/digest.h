#pragma once

#include <array>
#include <memory>

#include "base/bytes.h"

struct evp_md_ctx_st;

namespace signet::crypto {

std::array<std::uint8_t, 32> sha256(base::ByteView message);
/// The same over a message that comes in pieces. Not thread-safe.
class Sha256 {
public:
    Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    ~Sha256();
    void add(base::ByteView piece);
    /// Of all that was added; nothing may be added after it.
    std::array<std::uint8_t, 32> finish();

private:
    evp_md_ctx_st* context_;
};
std::array<std::uint8_t, 20> sha1(base::ByteView message);  // key identifiers and OCSP CertIDs only
base::Bytes sha384(base::ByteView message);
base::Bytes sha512(base::ByteView message);
std::array<std::uint8_t, 32> hmac_sha256(base::ByteView key, base::ByteView message);
base::Bytes hmac_sha384(base::ByteView key, base::ByteView message);
base::Bytes hmac_sha512(base::ByteView key, base::ByteView message);
/// HMAC-SHA256 (RFC 2104) under a key that is used often: its two blocks are hashed once. Thread-safe.
class HmacSha256Key {
public:
    explicit HmacSha256Key(base::ByteView key);
    HmacSha256Key(HmacSha256Key&&) noexcept;
    HmacSha256Key& operator=(HmacSha256Key&&) noexcept;
    ~HmacSha256Key();
    std::array<std::uint8_t, 32> mac(base::ByteView message) const;

private:
    struct State;
    std::unique_ptr<const State> state_;
};

/// Time depends on the lengths alone.
bool constant_time_equal(base::ByteView a, base::ByteView b);

}  // namespace signet::crypto
