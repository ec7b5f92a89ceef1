#pragma once

#include "acme/challenges.h"

namespace signet::acme {

// tls-alpn-01 (RFC 8737, for addresses RFC 8738 section 6): the row of the table in challenges.cpp.

/// DNS names without wildcard, and IP addresses.
bool tls_alpn01_applies(const x509::Identifier& identifier, bool wildcard);

/// Resolves once, asks the policy about each address, and shakes hands with the very address that was checked: ALPN
/// "acme-tls/1", SNI the name, or the reverse name of an address; TLS 1.2 at least; the chain is verified by nobody.
/// The certificate must have exactly one subjectAltName, the identifier, and a critical acmeIdentifier with the digest
/// of the key authorization. What it throws names the addresses tried and nothing of what they sent.
void validate_tls_alpn01(const ValidationContext& context, const x509::Identifier& identifier, std::string_view token,
                         const std::string& key_authorization);

/// Listens on all addresses (context.tls_alpn01_port) with a certificate of a throw-away key for each identifier, and
/// closes each connection after its handshake.
std::unique_ptr<Presented> present_tls_alpn01(const ResponderContext& context, const x509::Identifier& identifier,
                                              std::string_view token, const std::string& key_authorization);

/// "1.0.0.127.in-addr.arpa", or the same below ip6.arpa (RFC 1035 section 3.5, RFC 3596 section 2.5).
std::string reverse_name(const net::Address& address);

}  // namespace signet::acme
