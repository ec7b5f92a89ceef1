#include "x509/general_name.h"

#include <algorithm>

#include "base/error.h"

namespace signet::x509 {
namespace {

using NameKind = GeneralName::Kind;

bool is_constructed(NameKind kind) {
    return kind == NameKind::other || kind == NameKind::x400 || kind == NameKind::directory || kind == NameKind::edi;
}

bool is_ia5(base::ByteView text) {
    return std::all_of(text.begin(), text.end(), [](std::uint8_t octet) { return octet < 0x80; });
}

NameKind kind_of(Identifier::Type type) {
    switch (type) {
        case Identifier::Type::dns:
            return NameKind::dns;
        case Identifier::Type::ip:
            return NameKind::ip;
        case Identifier::Type::uri:
            return NameKind::uri;
        case Identifier::Type::email:
            return NameKind::email;
    }
    return NameKind::other;
}

}  // namespace

std::string_view kind_name(NameKind kind) {
    switch (kind) {
        case NameKind::other:
            return "otherName";
        case NameKind::email:
            return "email";
        case NameKind::dns:
            return "dns";
        case NameKind::x400:
            return "x400Address";
        case NameKind::directory:
            return "dirName";
        case NameKind::edi:
            return "ediPartyName";
        case NameKind::uri:
            return "uri";
        case NameKind::ip:
            return "ip";
        case NameKind::registered_id:
            return "registeredID";
    }
    return "";
}

GeneralName read_general_name(der::Reader& reader, std::string_view field) {
    const der::Element element = reader.any(field);
    const unsigned number = element.tag & 0x1fu;
    if (number > 8 || element.tag != (is_constructed(static_cast<NameKind>(number)) ? der::context_constructed(number)
                                                                                    : der::context(number))) {
        der::fail(field, "a name of no known form");
    }
    const auto kind = static_cast<NameKind>(number);
    const bool text = kind == NameKind::dns || kind == NameKind::email || kind == NameKind::uri;
    if (text && !is_ia5(element.contents)) der::fail(field, "a name with characters beyond ASCII");
    if (text && element.contents.empty()) der::fail(field, "an empty name");
    if (kind == NameKind::directory) DistinguishedName::from_der(element.contents);  // EXPLICIT: Name is a CHOICE
    return {kind, base::Bytes(element.contents.begin(), element.contents.end())};
}

std::optional<Identifier> to_identifier(const GeneralName& name) {
    try {
        switch (name.kind) {
            case NameKind::dns:
                return name.text().ends_with('.') ? std::nullopt : std::optional(Identifier::dns(name.text()));
            case NameKind::ip:
                return Identifier::ip_bytes(name.value);
            case NameKind::uri:
                return Identifier::uri(name.text());
            case NameKind::email:
                return Identifier::email(name.text());
            case NameKind::other:
            case NameKind::x400:
            case NameKind::directory:
            case NameKind::edi:
            case NameKind::registered_id:
                break;
        }
    } catch (const base::Error&) {
        // Not in the syntax of its kind: then it identifies nothing.
    }
    return std::nullopt;
}

base::Bytes encode_general_name(const Identifier& name) {
    const auto tag = der::context(static_cast<unsigned>(kind_of(name.type())));
    return name.type() == Identifier::Type::ip ? der::tlv(tag, name.octets())
                                               : der::tlv(tag, base::bytes_of(name.text()));
}

base::Bytes encode_uri(std::string_view uri) {
    return der::tlv(der::context(static_cast<unsigned>(NameKind::uri)), base::bytes_of(uri));
}

}  // namespace signet::x509
