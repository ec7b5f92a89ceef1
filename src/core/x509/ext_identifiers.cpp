#include "base/error.h"
#include "x509/extensions.h"

namespace signet::x509 {

void read_subject_key_id(der::Reader& value, ExtensionValues& out) {
    const base::ByteView identifier = value.octet_string("subjectKeyIdentifier");
    out.subject_key_id = base::Bytes(identifier.begin(), identifier.end());
}

std::optional<EncodedExtension> write_subject_key_id(const ExtensionSource& source) {
    return EncodedExtension{false, der::octet_string(source.subject_key_id)};
}

void read_authority_key_id(der::Reader& value, ExtensionValues& out) {
    der::Reader fields = value.sequence("authorityKeyIdentifier");
    if (const auto identifier = fields.read_if(der::context(0), "keyIdentifier")) {
        out.authority_key_id = base::Bytes(identifier->contents.begin(), identifier->contents.end());
    }
    // Issuer and serial number come together (RFC 5280 section 4.2.1.1). They only help to choose among issuers, which
    // path validation finds by name and key.
    const bool issuer = fields.read_if(der::context_constructed(1), "authorityCertIssuer").has_value();
    const auto serial = fields.read_if(der::context(2), "authorityCertSerialNumber");
    if (serial) der::check_integer(serial->contents, "authorityCertSerialNumber");
    if (issuer != serial.has_value())
        der::fail("authorityKeyIdentifier", "issuer without serial number, or the reverse");
    fields.finish("authorityKeyIdentifier");
}

std::optional<EncodedExtension> write_authority_key_id(const ExtensionSource& source) {
    if (source.authority_key_id.empty()) return std::nullopt;
    return EncodedExtension{false, der::sequence({der::tlv(der::context(0), source.authority_key_id)})};
}

}  // namespace signet::x509
