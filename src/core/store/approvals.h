#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

/// Orders that wait for an operator: pending, not ended, with an authorization that only an operator makes valid.
/// Oldest first; ids.
std::vector<std::string> waiting_orders(Transaction& transaction, std::int64_t now, int limit);
/// All there are, in any state: what ends last comes first; ids.
std::vector<std::string> recent_orders(Transaction& transaction, int limit);

/// The proof of an authorization that an operator approved for an order under this profile: k_operator_proof and the
/// profile's name.
std::string operator_proof(std::string_view profile);

/// Makes the authorizations of this order that wait for an operator valid, challenges and all; orders that lack
/// nothing more become ready. False when none was waiting: the order ended, is decided, or is proven otherwise.
bool approve_order(Transaction& transaction, std::string_view id, std::int64_t now,
                   std::int64_t authorization_expires_at);
/// Makes them, and every order that waits for them, invalid. The challenges tell why too: an authorization has no
/// place for it (RFC 8555 section 7.1.4). False as above.
bool reject_order(Transaction& transaction, std::string_view id, std::string_view problem_json, std::int64_t now);

}  // namespace signet::store
