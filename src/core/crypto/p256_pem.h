#pragma once

#include <string_view>

#include "base/bytes.h"

struct evp_pkey_st;

namespace signet::crypto {

class PublicKey;

// The one form of PKCS#8 in PEM that nearly every key file here has, and that `openssl genpkey` writes too: a P-256 key
// with its point. OpenSSL's own encoder takes as long as three signatures for it, and its decoder, which asks every
// provider for all that it can read, as long as the rest of a server's start.

/// `key` is a P-256 key whose `public_key` has an uncompressed point.
base::Secret write_p256_pem(const evp_pkey_st* key, const PublicKey& public_key);

/// The key, which the caller owns; null for any text that is not exactly of that form, and for numbers that OpenSSL
/// does not take. Whether its halves fit each other is not looked at. Nothing of it stays in ordinary memory.
evp_pkey_st* read_p256_pem(std::string_view pem);

}  // namespace signet::crypto
