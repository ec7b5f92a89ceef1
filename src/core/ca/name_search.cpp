#include "ca/name_search.h"

#include <algorithm>

#include "base/text.h"
#include "ca/pattern.h"

namespace signet::ca {

namespace {

using x509::Identifier;

bool is_address_form(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = text.substr(0, slash);
    const bool v6 = address.find(':') != std::string_view::npos &&
                    address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    const bool v4 = !address.empty() && address.find_first_not_of("0123456789.") == std::string_view::npos;
    return v6 || v4;
}

// The last address of a canonical CIDR.
std::string last_address(std::string_view cidr) {
    const auto slash = cidr.find('/');
    auto octets = Identifier::ip(cidr.substr(0, slash)).octets();
    std::size_t prefix = 0;
    for (const char digit : cidr.substr(slash + 1)) prefix = 10 * prefix + static_cast<std::size_t>(digit - '0');
    for (std::size_t bit = prefix; bit < 8 * octets.size(); ++bit)
        octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] | (0x80u >> (bit % 8)));
    return Identifier::ip_bytes(octets).text();
}

NameSearch address_search(std::string_view text) {
    const auto cidr = canonical_cidr(text);
    return {store::addresses_between(cidr.substr(0, cidr.find('/')), last_address(cidr)),
            [cidr](std::string_view name) { return cidr_contains(cidr, Identifier::ip(name).octets()); }};
}

NameSearch uri_search(std::string_view text) {
    const auto pattern = canonical_uri_pattern(text);
    return {store::uris_starting_with(std::string_view(pattern).substr(0, pattern.find('*'))),
            [pattern](std::string_view name) { return uri_matches(pattern, name); }};
}

NameSearch email_search(std::string_view text) {
    const auto pattern = canonical_email_pattern(text);
    const auto domain = std::string_view(pattern).substr(pattern.rfind('@') + 1);
    return {
        domain.find('*') == std::string_view::npos ? store::email_addresses_of(domain) : store::all_email_addresses(),
        [pattern](std::string_view name) { return email_matches(pattern, name); }};
}

NameSearch dns_search(std::string_view text) {
    const auto pattern = canonical_dns_pattern(text);
    const auto star = pattern.find_last_of('*');
    return {star == std::string::npos ? store::exactly_name(pattern)
                                      : store::dns_names_below(std::string_view(pattern).substr(star + 2)),
            [pattern](std::string_view name) { return dns_within(pattern, Identifier::dns(name)); }};
}

}  // namespace

std::optional<NameSearch> parse_name_search(std::string_view pattern) {
    if (pattern == "**") return std::nullopt;
    if (is_address_form(pattern)) return address_search(pattern);
    if (pattern.find(':') != std::string_view::npos) return uri_search(pattern);
    if (pattern.find('@') != std::string_view::npos) return email_search(pattern);
    return dns_search(pattern);
}

}  // namespace signet::ca
