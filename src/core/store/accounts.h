#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

/// False, and nothing written, when the key has an account already.
bool insert_account(Transaction& transaction, const AccountRecord& record);
/// All of them, oldest first: for the operator, not for a request.
std::vector<AccountRecord> list_accounts(Transaction& transaction);
std::optional<AccountRecord> find_account(Transaction& transaction, std::string_view id);
std::optional<AccountRecord> find_account_by_thumbprint(Transaction& transaction, std::string_view thumbprint);
/// Row version alone: one index probe, for caches.
std::optional<std::int64_t> account_version(Transaction& transaction, std::string_view id);
/// Compare-and-set on record.version; false when another writer was first.
bool update_account(Transaction& transaction, const AccountRecord& record);

/// A key that the account had until now, by its thumbprint.
void remember_key(Transaction& transaction, std::string_view account, std::string_view thumbprint);
/// Thumbprints of the keys that an account had, the latest first, at most a hundred.
std::vector<std::string> former_keys(Transaction& transaction, std::string_view account);

}  // namespace signet::store
