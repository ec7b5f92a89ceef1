#pragma once

#include "acme/challenges.h"

namespace signet::acme {

// dns-persist-01 (draft-ietf-acme-dns-persist-02): the row of the table in challenges.cpp. A record that stays in the
// zone names the CA and the account; the challenge has no token.

/// Below which path of the CA hashed account URLs are: the directory's accountHashPrefix.
inline constexpr std::string_view k_account_hash_path = "/acme/account-hash/";

/// Asks for TXT at _validation-persist.NAME. Of the records that name one of context.account.issuer_names one must name
/// the account too, by its hashed URL or, as the drafts up to -01 have it, by its URL; permit the wildcard where that
/// is asked for; and not be over. Gives the time when it will be. Throws malformed, unauthorized or incorrect_response,
/// saying where the record stands and never what it holds.
Validated validate_dns_persist01(const ValidationContext& context, const x509::Identifier& identifier,
                                 std::string_view token, const std::string& key_authorization);

/// SHA-256 over a name ("*": any), the thumbprint of an account's key and the account's URL (section 4.1), base64url.
std::string account_hash(std::string_view name, std::string_view thumbprint, std::string_view account_url);

}  // namespace signet::acme
