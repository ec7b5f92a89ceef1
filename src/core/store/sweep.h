#pragma once

#include <cstdint>

#include "store/database.h"

namespace signet::store {

/// Removes at most `limit` orders, then at most `limit` authorizations, then rate limits' rows, that ended before `now`
/// (seconds since the epoch), so that the store's size follows what lives. Authorizations stay as long as an order
/// names them. Accounts and the audit log are never touched. Returns the number of rows removed: less
/// than `limit` means that there is nothing left to do now. Small limits keep other writers waiting for milliseconds
/// only.
int sweep(Transaction& transaction, std::int64_t now, int limit);

/// Removes at most `limit` certificates that ended before `ended_before`, those that ended first. CA certificates stay,
/// and what a saved directory holds now: whether it may be renewed is read from its row. So does what is revoked until
/// a CRL was made after its end (RFC 5280 section 3.3). Returns as sweep does.
int sweep_certificates(Transaction& transaction, std::int64_t ended_before, int limit);

}  // namespace signet::store
