#pragma once

#include "acme/challenges.h"

namespace signet::acme {

// dns-01 (RFC 8555 section 8.4): the row of the table in challenges.cpp.

/// DNS names, wildcards too; never addresses (RFC 8738 section 7).
bool dns01_applies(const x509::Identifier& identifier, bool wildcard);

/// Asks for TXT at _acme-challenge.NAME, CNAMEs followed; any one record that matches will do. What it throws names
/// that place and how many records there were, never what they hold.
void validate_dns01(const ValidationContext& context, const x509::Identifier& identifier, std::string_view token,
                    const std::string& key_authorization);

/// The same at another place, `record`.
void require_dns01_text(const ValidationContext& context, const std::string& record,
                        const std::string& key_authorization);

/// With context.dns_update the record is put there by RFC 2136. Else runs context.dns_hook with `present NAME VALUE`
/// (also as SIGNET_HOOK_ACTION, _NAME, _VALUE), and with `cleanup` when the answer dies. NAME ends with a dot. Throws
/// environment when the hook fails or takes more than five minutes.
std::unique_ptr<Presented> present_dns01(const ResponderContext& context, const x509::Identifier& identifier,
                                         std::string_view token, const std::string& key_authorization);

}  // namespace signet::acme
