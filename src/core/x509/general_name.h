#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "x509/der.h"
#include "x509/distinguished_name.h"
#include "x509/identifier.h"

namespace signet::x509 {

/// A GeneralName as it stands in a certificate (RFC 5280 section 4.2.1.6), before anyone judged its syntax.
struct GeneralName {
    /// The value is the context tag's number.
    enum class Kind {
        other = 0,
        email = 1,
        dns = 2,
        x400 = 3,
        directory = 4,
        edi = 5,
        uri = 6,
        ip = 7,
        registered_id = 8
    };
    Kind kind;
    base::Bytes value;  // characters, address octets, or the DER of the name; contents of the tag for the other kinds

    std::string_view text() const { return base::text_of(value); }
};

/// "otherName", "dirName": the spellings of messages and of CertificateRequest::other_names.
std::string_view kind_name(GeneralName::Kind kind);
/// Throws malformed.
GeneralName read_general_name(der::Reader& reader, std::string_view field);
/// nullopt for a kind that is no Identifier and for one whose syntax is wrong.
std::optional<Identifier> to_identifier(const GeneralName& name);
base::Bytes encode_general_name(const Identifier& name);
/// A URI, as it is.
base::Bytes encode_uri(std::string_view uri);

}  // namespace signet::x509
