#pragma once

#include "acme/challenges.h"

namespace signet::acme {

// dns-account-01 (draft-ietf-acme-dns-account-label-02): the row of the table in challenges.cpp. As dns-01, at a place
// of the account's own, so that several accounts can have a name validated at once.

/// Asks for TXT at _LABEL._acme-challenge.NAME; LABEL stands for context.account.url. Throws as validate_dns01 does.
void validate_dns_account01(const ValidationContext& context, const x509::Identifier& identifier,
                            std::string_view token, const std::string& key_authorization);

/// "_ujmmovf2vn55tgye": the first ten octets of the SHA-256 of the account's URL, in base32 (RFC 4648 section 6) in
/// lower case.
std::string account_label(std::string_view account_url);

}  // namespace signet::acme
