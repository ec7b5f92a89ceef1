#include "ca/pattern.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;
using x509::Identifier;

constexpr std::size_t k_pattern_limit = 512;  // a pattern is written by hand

[[noreturn]] void refuse(std::string_view text, std::string_view reason, std::string hint = {}) {
    throw Error{Kind::bad_input, "'" + base::printable(text) + "' is no pattern: " + std::string(reason),
                std::move(hint)};
}

void check_characters(std::string_view text) {
    if (text.empty()) refuse(text, "it is empty");
    if (text.size() > k_pattern_limit) refuse(text.substr(0, 40), "it is longer than 512 characters");
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; }))
        refuse(text, "it holds a space or a character that is not ASCII");
    if (text.find("***") != std::string_view::npos) refuse(text, "three stars mean nothing");
}

/// "y" of "*.y" or "**.y"; nullopt for a plain name.
struct DnsPattern {
    enum class Depth { itself, one, any } depth;
    std::string_view base;
};
DnsPattern split_dns(std::string_view pattern) {
    if (pattern.starts_with("**.")) return {DnsPattern::Depth::any, pattern.substr(3)};
    if (pattern.starts_with("*.")) return {DnsPattern::Depth::one, pattern.substr(2)};
    return {DnsPattern::Depth::itself, pattern};
}

/// What stands before ".base" in `name`; empty when `name` is not under `base`.
std::string_view above(std::string_view name, std::string_view base) {
    if (name.size() <= base.size() + 1 || !name.ends_with(base)) return {};
    const std::size_t dot = name.size() - base.size() - 1;
    return name[dot] == '.' ? name.substr(0, dot) : std::string_view{};
}
bool one_label(std::string_view text) { return !text.empty() && text.find('.') == std::string_view::npos; }

base::Bytes without_mapping(base::ByteView octets) {
    static constexpr std::uint8_t k_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (octets.size() == 16 && std::equal(std::begin(k_prefix), std::end(k_prefix), octets.begin()))
        return {octets.begin() + 12, octets.end()};
    return {octets.begin(), octets.end()};
}

struct Cidr {
    base::Bytes octets;
    unsigned prefix;
};
Cidr parse_cidr(std::string_view text) {
    const std::size_t slash = text.find('/');
    const base::Bytes raw = Identifier::ip(text.substr(0, slash)).octets();
    Cidr cidr{without_mapping(raw), static_cast<unsigned>(raw.size() * 8)};
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), cidr.prefix);
        if (error != std::errc() || end != digits.data() + digits.size() || cidr.prefix > raw.size() * 8)
            refuse(text, "the prefix length is no number from 0 to " + std::to_string(raw.size() * 8));
    }
    if (cidr.octets.size() < raw.size()) {
        if (cidr.prefix < 96)
            refuse(text, "an IPv4-mapped network has at least 96 bits", "write the IPv4 network itself");
        cidr.prefix -= 96;
    }
    return cidr;
}

base::Bytes masked(const Cidr& cidr) {
    base::Bytes octets = cidr.octets;
    for (unsigned bit = cidr.prefix; bit < octets.size() * 8; ++bit)
        octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] & ~(0x80u >> (bit % 8)));
    return octets;
}

// Globbing by sets of positions: `at[i]` says that the tokens so far can end before text[i].
using Positions = std::vector<bool>;

/// `stops(text, i)`: a single star does not pass the character at i.
template <class Stops>
bool glob(std::string_view pattern, std::string_view text, Stops stops) {
    Positions at(text.size() + 1, false);
    at[0] = true;
    for (std::size_t p = 0; p < pattern.size(); ++p) {
        Positions next(text.size() + 1, false);
        if (pattern[p] != '*') {
            for (std::size_t i = 0; i < text.size(); ++i) next[i + 1] = at[i] && text[i] == pattern[p];
        } else {
            const bool across = pattern.substr(p).starts_with("**");
            const bool whole_segment =
                !across && p > 0 && pattern[p - 1] == '/' && (p + 1 == pattern.size() || pattern[p + 1] == '/');
            bool reached = false;
            for (std::size_t i = 0; i <= text.size(); ++i) {
                const bool before = reached;
                reached = reached || at[i];
                next[i] = whole_segment ? before : reached;
                if (i < text.size() && !across && stops(text, i)) reached = false;
            }
            if (across) ++p;
        }
        at = std::move(next);
    }
    return at[text.size()];
}

}  // namespace

std::string canonical_dns_pattern(std::string_view text) {
    if (text == "**") return "**";
    check_characters(text);
    if (text == "*") refuse(text, "a star stands before a dot", "write \"**\" for all names");
    const auto [depth, name] = split_dns(text);
    try {
        const Identifier base = Identifier::dns(name);
        if (base.is_wildcard()) refuse(text, "stars stand only once, in front");
        const std::string_view stars = depth == DnsPattern::Depth::any   ? "**."
                                       : depth == DnsPattern::Depth::one ? "*."
                                                                         : "";
        return std::string(stars) + base.text();
    } catch (const Error& error) {
        refuse(text, error.message(), error.hint());
    }
}

bool dns_within(std::string_view pattern, const Identifier& name) {
    if (pattern == "**") return true;
    const auto [depth, base] = split_dns(pattern);
    switch (depth) {
        case DnsPattern::Depth::itself:
            return name.text() == base;
        case DnsPattern::Depth::one:
            return one_label(above(name.text(), base));
        case DnsPattern::Depth::any:
            return !above(name.text(), base).empty();
    }
    return false;
}

bool dns_meets(std::string_view pattern, const Identifier& name) {
    if (dns_within(pattern, name)) return true;
    // "*.b" also covers the plain name a.b, of which a pattern may be exactly that one.
    const auto [depth, base] = split_dns(pattern);
    return name.is_wildcard() && depth == DnsPattern::Depth::itself && one_label(above(base, name.base_name()));
}

std::string canonical_cidr(std::string_view text) {
    check_characters(text);
    try {
        const Cidr cidr = parse_cidr(text);
        const std::string network = Identifier::ip_bytes(masked(cidr)).text() + "/" + std::to_string(cidr.prefix);
        if (masked(cidr) != cidr.octets) refuse(text, "it has bits beyond its prefix", "write " + network);
        return network;
    } catch (const Error& error) {
        if (error.message().find("is no pattern") != std::string::npos) throw;
        refuse(text, error.message(), error.hint());
    }
}

bool cidr_contains(std::string_view text, base::ByteView address) {
    const Cidr cidr = parse_cidr(text);
    const base::Bytes octets = without_mapping(address);
    return octets.size() == cidr.octets.size() && masked(Cidr{octets, cidr.prefix}) == cidr.octets;
}

std::string canonical_uri_pattern(std::string_view text) {
    check_characters(text);
    if (text == "**") return "**";
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0)
        refuse(text, "a URI has a scheme", "write \"spiffe://mesh.internal/**\" for a trust domain, \"**\" for all");
    std::size_t path = colon;  // scheme and host are without case, the rest is not
    if (text.substr(colon).starts_with("://")) path = std::min(text.find_first_of("/?#", colon + 3), text.size());
    return base::lower(text.substr(0, path)) + std::string(text.substr(path));
}

bool uri_matches(std::string_view pattern, std::string_view uri) {
    return pattern == "**" || glob(pattern, uri, [](std::string_view text, std::size_t i) {
               return text[i] == '/' || text[i] == '?' || text[i] == '#' || base::iequals(text.substr(i, 3), "%2f");
           });
}

std::string canonical_email_pattern(std::string_view text) {
    check_characters(text);
    if (text == "**") return "**";
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == text.size())
        refuse(text, "an e-mail address has an @ inside", "write \"*@example.internal\" for a domain, \"**\" for all");
    const std::string domain = base::lower(text.substr(at + 1));
    for (std::size_t star = domain.find('*'); star != std::string::npos; star = domain.find('*', star + 2))
        if (!std::string_view(domain).substr(star).starts_with("**"))
            refuse(text, "one star stands within the local part", "write \"**\" to match across the domain");
    return std::string(text.substr(0, at + 1)) + domain;
}

bool email_matches(std::string_view pattern, std::string_view address) {
    return pattern == "**" ||
           glob(pattern, address, [](std::string_view text, std::size_t i) { return text[i] == '@'; });
}

}  // namespace signet::ca
