// Names: what can stand in an order, a CSR, on the command line or in a profile, and the patterns that profiles hold
// against them. First line: a name; second line: a pattern.
#include "ca/pattern.h"
#include "ca/profile.h"
#include "fuzz/fuzz.h"
#include "x509/general_name.h"
#include "x509/identifier.h"
#include "x509/punycode.h"

namespace signet::fuzz {
namespace {

using x509::Identifier;

void check_identifier(const Identifier& id, Identifier (*form)(std::string_view)) {
    require(form(id.text()) == id, "canonical text is canonical");
    require(id.is_wildcard() || x509::matches(id, id), "a name matches itself");
    const auto der = x509::encode_general_name(id);
    x509::der::Reader reader(der);
    const auto name = x509::read_general_name(reader, "general name");
    reader.finish("general name");
    require(x509::to_identifier(name) == id, "a name comes back from a certificate");
    if (id.type() == Identifier::Type::ip) require(Identifier::ip_bytes(id.octets()) == id, "an address has octets");
}

std::optional<Identifier> check_form(std::string_view text, Identifier (*form)(std::string_view)) {
    auto id = accepted([&] { return form(text); });
    if (id) check_identifier(*id, form);
    return id;
}

void check_punycode(std::string_view text) {
    namespace punycode = x509::punycode;
    if (const auto label = text.size() <= 63 ? punycode::decode(text) : std::nullopt) punycode::encode(*label);
    if (const auto label = punycode::from_utf8(text.substr(0, 60))) {
        const auto encoded = punycode::encode(*label);
        if (encoded && encoded->size() <= 63) {
            require(punycode::decode(*encoded) == label, "a label comes back from punycode");
        }
    }
}

template <class Matches>
void check_pattern(std::string_view text, std::string (*canonical)(std::string_view), Matches matches) {
    const auto pattern = accepted([&] { return canonical(text); });
    if (!pattern) return;
    require(canonical(*pattern) == *pattern, "a canonical pattern is canonical");
    matches(*pattern);
}

void check_patterns(std::string_view text, const std::optional<Identifier>& dns, std::string_view name) {
    check_pattern(text, ca::canonical_dns_pattern, [&](const std::string& pattern) {
        if (!dns) return;
        require(!ca::dns_within(pattern, *dns) || ca::dns_meets(pattern, *dns), "what is within a pattern meets it");
    });
    check_pattern(text, ca::canonical_cidr, [&](const std::string& pattern) {
        if (const auto ip = accepted([&] { return Identifier::ip(name); })) ca::cidr_contains(pattern, ip->octets());
    });
    check_pattern(text, ca::canonical_uri_pattern, [&](const std::string& pattern) { ca::uri_matches(pattern, name); });
    check_pattern(text, ca::canonical_email_pattern,
                  [&](const std::string& pattern) { ca::email_matches(pattern, name); });
    accepted([&] { return ca::expand_uri_template(text, "www.example.internal"); });
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    const auto name = parts.line();
    check_form(name, Identifier::parse);
    const auto dns = check_form(name, Identifier::dns);
    check_form(name, Identifier::ip);
    check_form(name, Identifier::uri);
    check_form(name, Identifier::email);
    accepted([&] { return Identifier::ip_bytes(base::bytes_of(name)); });
    check_punycode(name);
    if (!parts.empty()) check_patterns(parts.line(), dns, name);
}

}  // namespace signet::fuzz
