#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "net/client_stream.h"

namespace signet::net {

/// Protocols that begin in the clear and change to TLS.
enum class StartTls { none, smtp, imap, postgres, ldap };

/// "smtp" (RFC 3207), "imap" (RFC 9051), "postgres" (its SSLRequest), "ldap" (RFC 4511 section 4.14); nullopt for
/// another word.
std::optional<StartTls> parse_starttls(std::string_view word);
std::span<const std::string_view> starttls_words();

/// The dialogue up to the moment when the TLS handshake begins. Not an octet beyond it is read. Throws tls when the
/// other side refuses, incorrect_response when it speaks something else, and as ClientStream does.
void negotiate(ClientStream& stream, StartTls protocol, const Deadline& deadline);

}  // namespace signet::net
