#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

void insert_token(Transaction& transaction, const TokenRecord& record);
std::optional<TokenRecord> find_token(Transaction& transaction, std::string_view kid);
/// All of them, oldest first: for the operator, not for a request.
std::vector<TokenRecord> list_tokens(Transaction& transaction);

/// Counts one account bound, in the transaction that makes the account. False, and nothing counted, when the token is
/// unknown, revoked, expired at `now` or used up: of many at once as many get through as it has uses.
bool use_token(Transaction& transaction, std::string_view kid, std::int64_t now);

/// Ends binding, and stops every account that the token bound with its open orders (`problem_json` is their error).
/// The number of accounts stopped; nullopt when there is no such token, or it is revoked already.
std::optional<std::int64_t> revoke_token(Transaction& transaction, std::string_view kid, std::int64_t now,
                                         std::string_view problem_json);

}  // namespace signet::store
