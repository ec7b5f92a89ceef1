#pragma once

#include <cstdint>

#include "store/database.h"

namespace signet::store {

/// Removes at most `limit` orders, then at most `limit` authorizations, then rate limits' rows, that ended before `now`
/// (seconds since the epoch), so that the store's size follows what lives. Authorizations stay as long as an order
/// names them. Certificates, accounts and the audit log are never touched. Returns the number of rows removed: less
/// than `limit` means that there is nothing left to do now. Small limits keep other writers waiting for milliseconds
/// only.
int sweep(Transaction& transaction, std::int64_t now, int limit);

}  // namespace signet::store
