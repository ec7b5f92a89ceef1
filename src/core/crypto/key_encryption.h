#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/key.h"

namespace signet::crypto {

/// The longest passphrase that OpenSSL's own tools take, too.
inline constexpr std::size_t k_longest_passphrase = 1024;

/// The PEM of "ENCRYPTED PRIVATE KEY". Throws bad_input for a passphrase that is empty or too long.
base::Secret encrypt_key(evp_pkey_st* key, const base::Secret& passphrase);

/// A file says itself how much work it takes to derive its key: throws bad_input naming `what` when that is far beyond
/// what anybody asks for, before any of it is done.
void check_decryption_cost(std::string_view pem, const std::string& what);

}  // namespace signet::crypto
