#pragma once

#include "acme/challenges.h"

namespace signet::acme {

// http-01 (RFC 8555 section 8.3, for addresses RFC 8738 section 4): the row of the table in challenges.cpp.

/// DNS names without wildcard, and IP addresses.
bool http01_applies(const x509::Identifier& identifier, bool wildcard);

/// Resolves once, asks the policy about each address, and connects to the very address that was checked. At most ten
/// redirects, each hop treated the same, to http and https URLs on ports 80, 443 and those of the context; https hops
/// are not verified. What it throws names the addresses tried and nothing of the answer but its status; behind a
/// redirect nothing at all.
void validate_http01(const ValidationContext& context, const x509::Identifier& identifier, std::string_view token,
                     const std::string& key_authorization);

/// Listens on all addresses (context.http01_port), or writes below the webroot; answers no path but known tokens'.
std::unique_ptr<Presented> present_http01(const ResponderContext& context, const x509::Identifier& identifier,
                                          std::string_view token, const std::string& key_authorization);

}  // namespace signet::acme
