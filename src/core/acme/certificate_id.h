#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "x509/certificate.h"

namespace signet::acme {

/// RFC 9773 section 4.1: base64url(key identifier) "." base64url(serial octets as they stand). nullopt for a
/// certificate without an authority key identifier.
std::optional<std::string> certificate_id(const x509::Certificate& certificate);
/// The serial in a certificate identifier, in hex. Throws malformed for what is none.
std::string serial_of_certificate_id(std::string_view id);

}  // namespace signet::acme
