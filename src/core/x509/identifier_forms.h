#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

/// The four syntaxes behind Identifier: text in, canonical text out. Each throws bad_input with what is wrong and the
/// fix.
namespace signet::x509::forms {

/// LDH labels in lower case without a trailing dot, "*." at most at the front.
std::string canonical_dns(std::string_view text);
/// 4 or 16 octets of an address in text; no brackets, zones, leading zeros or short forms.
base::Bytes parse_ip(std::string_view text);
/// Dotted quad, or RFC 5952.
std::string format_ip(base::ByteView octets);
std::string canonical_uri(std::string_view text);
std::string canonical_email(std::string_view text);

/// Is this a DNS name without wildcard in the syntax above, of any number of labels? Never throws.
bool is_host_name(std::string_view text);

}  // namespace signet::x509::forms
