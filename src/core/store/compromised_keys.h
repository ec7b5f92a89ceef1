#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/key.h"
#include "store/certificates.h"
#include "store/database.h"

namespace signet::store {

// Keys of certificates that were revoked as keyCompromise (RFC 5280 section 5.3.1), by the SHA-256 of their
// SubjectPublicKeyInfo: for ever, whatever becomes of the certificates' rows.

struct CompromisedKey {
    std::string serial;  // of the certificate that was revoked first
    std::int64_t at;
};
/// Reads one row of an index.
std::optional<CompromisedKey> find_compromised_key(Transaction& transaction, const crypto::PublicKey& key);

/// The key of the certificate of this serial, from its row. One that cannot be read there is none. An ACME account with
/// that key is revoked with it, audited as of when the store was told, and its open orders fail: whoever has the key
/// speaks for the account.
void remember_compromised_key(Transaction& transaction, std::string_view serial, const Revocation& revocation);
/// Those of all that is revoked as keyCompromise already.
void fill_compromised_keys(Transaction& transaction);
/// A process that opened the store before it knew of such keys goes on revoking without remembering any. Looks at what
/// was revoked since the last time that this came to its end, a day more, the oldest first: at most `limit` rows, with
/// all that remember_compromised_key does. Returns how many; fewer than `limit`: that was the end.
int catch_up_with_compromised_keys(Transaction& transaction, std::int64_t now, int limit);

}  // namespace signet::store
