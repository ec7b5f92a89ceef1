#pragma once

#include <optional>
#include <string>

#include "server/exchange.h"
#include "store/database.h"

namespace signet::server {

// External account binding (RFC 8555 section 7.3.4) by the tokens of `signet token create`. A token is for one profile;
// what it and the profile permit, the accounts that it bound may have, in every mode.

/// The kid of the token that binds the new account; nullopt when none is offered and the directory's profile asks for
/// none. Throws external_account_required, malformed for a binding that is not what RFC 8555 demands, unauthorized for
/// one that does not verify or whose token is spent, ended or for another profile.
std::optional<std::string> binding_token(const Exchange& exchange, const std::optional<std::string>& binding);

/// Counts the account in the transaction that makes it. Throws unauthorized when others were first.
void count_binding(store::Transaction& transaction, const std::string& kid, std::int64_t now);

/// For newOrder and finalize: what the account's token leaves of the profile. Throws external_account_required for an
/// account without one where the profile asks for it, and unauthorized for one that was bound for another profile.
ca::NameLimits name_limits(const Exchange& exchange, const ca::Profile& profile);

}  // namespace signet::server
