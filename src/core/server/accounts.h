#pragma once

#include "server/exchange.h"
#include "store/database.h"
#include "store/records.h"

namespace signet::server {

std::string account_url(const Exchange& exchange, const std::string& id);
/// The account object (RFC 8555 section 7.1.2) with its Location.
net::Response account_response(const Exchange& exchange, const store::AccountRecord& record, int status);
/// Throws bad_public_key for a key that was revoked as compromised: it is no account's.
void require_sound_key(store::Transaction& transaction, const crypto::PublicKey& key);
/// What the account itself did.
store::AuditRecord account_audit(const Exchange& exchange, const char* action, const store::AccountRecord& record);

}  // namespace signet::server
