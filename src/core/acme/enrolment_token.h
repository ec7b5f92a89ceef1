#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace signet::acme {

/// A kid and its MAC key: what the operator of a CA hands out (RFC 8555 section 7.3.4).
struct AccountBinding {
    std::string kid;
    base::Secret mac_key;  // the octets themselves
};

/// Base64url, as every ACME client takes a MAC key. Throws bad_input, naming `what` but never the text.
base::Secret parse_mac_key(std::string_view text, std::string_view what);

/// All that a new machine needs to enrol, in one string that `signet token create` prints and `signet fetch --token`
/// takes: which server, by which root it is known, and the external account binding.
struct EnrolmentToken {
    std::string directory;                       // URL
    std::array<std::uint8_t, 32> root_sha256{};  // of the root's DER
    AccountBinding binding;
};

/// "signet1_" and base64url: one word that survives shells, YAML and a double click.
base::Secret encode_token(const EnrolmentToken& token);
/// Surrounding white space is ignored. Throws bad_input for what is no token, one of a later version, and one that
/// lost or changed a character on its way; the message never holds any of it.
EnrolmentToken parse_token(std::string_view text);

}  // namespace signet::acme
