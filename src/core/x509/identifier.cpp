#include "x509/identifier.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "x509/identifier_forms.h"

namespace signet::x509 {
namespace {

using base::Error;
using base::Kind;

bool only(std::string_view text, std::string_view allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool looks_like_ipv4(std::string_view text) {
    return only(text, "0123456789.") && text.find('.') != std::string_view::npos;
}

bool looks_like_ipv6(std::string_view text) {
    return std::count(text.begin(), text.end(), ':') >= 2 &&
           only(text.substr(0, text.find('%')), "0123456789abcdefABCDEF:.");
}

bool has_scheme(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == 0 || colon == std::string_view::npos) return false;
    const std::string scheme = base::lower(text.substr(0, colon));
    return scheme[0] >= 'a' && scheme[0] <= 'z' && only(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.");
}

[[noreturn]] void refuse_port(std::string_view text) {
    throw Error{Kind::bad_input, "\"" + base::printable(text) + "\" is a name with a port; certificates name no ports",
                "leave \"" + base::printable(text.substr(text.rfind(':'))) + "\" out"};
}

}  // namespace

Identifier Identifier::parse(std::string_view text) {
    if (text.empty())
        throw Error{Kind::bad_input, "an empty name", "give a DNS name, an IP address, a URI or an e-mail address"};
    if (text.find("://") != std::string_view::npos) return uri(text);
    if (looks_like_ipv4(text) || looks_like_ipv6(text) || text.front() == '[') return ip(text);
    if (const std::size_t slash = text.find('/');
        slash != std::string_view::npos && base::is_digits(text.substr(slash + 1)) &&
        (looks_like_ipv4(text.substr(0, slash)) || looks_like_ipv6(text.substr(0, slash)))) {
        throw Error{Kind::bad_input,
                    "\"" + base::printable(text) + "\" is a range; a certificate names single addresses",
                    "give each address"};
    }
    if (has_scheme(text)) {
        if (base::is_digits(text.substr(text.find(':') + 1))) refuse_port(text);
        return uri(text);
    }
    if (text.find('@') != std::string_view::npos) return email(text);
    return dns(text);
}

Identifier Identifier::dns(std::string_view text) { return {Type::dns, forms::canonical_dns(text)}; }
Identifier Identifier::ip(std::string_view text) { return {Type::ip, forms::format_ip(forms::parse_ip(text))}; }
Identifier Identifier::uri(std::string_view text) { return {Type::uri, forms::canonical_uri(text)}; }
Identifier Identifier::email(std::string_view text) { return {Type::email, forms::canonical_email(text)}; }

Identifier Identifier::ip_bytes(base::ByteView octets) {
    if (octets.size() != 4 && octets.size() != 16) {
        throw Error{Kind::bad_input, "an IP address of " + std::to_string(octets.size()) + " octets",
                    "give 4 or 16 octets"};
    }
    return {Type::ip, forms::format_ip(octets)};
}

std::string_view Identifier::base_name() const {
    const std::string_view text = text_;
    return is_wildcard() ? text.substr(2) : text;
}

base::Bytes Identifier::octets() const {
    if (type_ != Type::ip) throw Error{Kind::internal, "octets of \"" + text_ + "\", which is no address"};
    return forms::parse_ip(text_);
}

std::string_view type_name(Identifier::Type type) {
    switch (type) {
        case Identifier::Type::dns:
            return "dns";
        case Identifier::Type::ip:
            return "ip";
        case Identifier::Type::uri:
            return "uri";
        case Identifier::Type::email:
            return "email";
    }
    return "";
}

bool matches(const Identifier& presented, const Identifier& reference) {
    if (presented == reference) return true;
    if (!presented.is_wildcard() || reference.type() != Identifier::Type::dns || reference.is_wildcard()) return false;
    const std::string_view name = reference.text();
    const std::size_t dot = name.find('.');
    return dot != std::string_view::npos && name.substr(dot + 1) == presented.base_name();
}

}  // namespace signet::x509
