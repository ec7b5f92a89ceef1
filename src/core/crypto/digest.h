#pragma once

#include <array>

#include "base/bytes.h"

namespace signet::crypto {

std::array<std::uint8_t, 32> sha256(base::ByteView message);
std::array<std::uint8_t, 20> sha1(base::ByteView message);  // key identifiers and OCSP CertIDs only
base::Bytes sha384(base::ByteView message);
base::Bytes sha512(base::ByteView message);
std::array<std::uint8_t, 32> hmac_sha256(base::ByteView key, base::ByteView message);
base::Bytes hmac_sha384(base::ByteView key, base::ByteView message);
base::Bytes hmac_sha512(base::ByteView key, base::ByteView message);
/// Time depends on the lengths alone.
bool constant_time_equal(base::ByteView a, base::ByteView b);

}  // namespace signet::crypto
