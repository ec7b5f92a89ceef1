#include "x509/general_name.h"

#include <algorithm>

#include "base/error.h"

namespace signet::x509 {
namespace {

using Kind = GeneralName::Kind;

bool is_constructed(Kind kind) {
    return kind == Kind::other || kind == Kind::x400 || kind == Kind::directory || kind == Kind::edi;
}

bool is_ia5(base::ByteView text) {
    return std::all_of(text.begin(), text.end(), [](std::uint8_t octet) { return octet < 0x80; });
}

Kind kind_of(Identifier::Type type) {
    switch (type) {
        case Identifier::Type::dns:
            return Kind::dns;
        case Identifier::Type::ip:
            return Kind::ip;
        case Identifier::Type::uri:
            return Kind::uri;
        case Identifier::Type::email:
            return Kind::email;
    }
    return Kind::other;
}

}  // namespace

std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::other:
            return "otherName";
        case Kind::email:
            return "email";
        case Kind::dns:
            return "dns";
        case Kind::x400:
            return "x400Address";
        case Kind::directory:
            return "dirName";
        case Kind::edi:
            return "ediPartyName";
        case Kind::uri:
            return "uri";
        case Kind::ip:
            return "ip";
        case Kind::registered_id:
            return "registeredID";
    }
    return "";
}

GeneralName read_general_name(der::Reader& reader, std::string_view field) {
    const der::Element element = reader.any(field);
    const unsigned number = element.tag & 0x1fu;
    if (number > 8 || element.tag != (is_constructed(static_cast<Kind>(number)) ? der::context_constructed(number)
                                                                                : der::context(number))) {
        der::fail(field, "a name of no known form");
    }
    const auto kind = static_cast<Kind>(number);
    const bool text = kind == Kind::dns || kind == Kind::email || kind == Kind::uri;
    if (text && !is_ia5(element.contents)) der::fail(field, "a name with characters beyond ASCII");
    if (text && element.contents.empty()) der::fail(field, "an empty name");
    if (kind == Kind::directory) DistinguishedName::from_der(element.contents);  // EXPLICIT: Name is a CHOICE
    return {kind, base::Bytes(element.contents.begin(), element.contents.end())};
}

std::optional<Identifier> to_identifier(const GeneralName& name) {
    try {
        switch (name.kind) {
            case Kind::dns:
                return name.text().ends_with('.') ? std::nullopt : std::optional(Identifier::dns(name.text()));
            case Kind::ip:
                return Identifier::ip_bytes(name.value);
            case Kind::uri:
                return Identifier::uri(name.text());
            case Kind::email:
                return Identifier::email(name.text());
            case Kind::other:
            case Kind::x400:
            case Kind::directory:
            case Kind::edi:
            case Kind::registered_id:
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
    return der::tlv(der::context(static_cast<unsigned>(Kind::uri)), base::bytes_of(uri));
}

}  // namespace signet::x509
