#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "x509/identifier_forms.h"

namespace signet::x509::forms {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_longest_uri = 2048;          // SPIFFE-ID section 2.3; long enough for all others
constexpr std::size_t k_longest_trust_domain = 255;  // SPIFFE-ID section 2.1
constexpr std::string_view k_lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view k_digits = "0123456789";

[[noreturn]] void refuse(std::string_view uri, std::string why, std::string hint) {
    throw Error{Kind::bad_input, "\"" + base::printable(uri) + "\" is not a URI for a certificate: " + std::move(why),
                std::move(hint)};
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// RFC 3986 section 2: unreserved, reserved, or a whole percent-encoding.
void check_characters(std::string_view uri) {
    constexpr std::string_view others = "-._~:/?#[]@!$&'()*+,;=%";
    for (std::size_t i = 0; i < uri.size(); ++i) {
        const char c = uri[i];
        const char small = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        const bool known = k_lower.find(small) != std::string_view::npos ||
                           k_digits.find(c) != std::string_view::npos || others.find(c) != std::string_view::npos;
        if (!known) refuse(uri, "the character \"" + base::printable(uri.substr(i, 1)) + "\"", "percent-encode it");
        if (c == '%' && (i + 2 >= uri.size() || !is_hex(uri[i + 1]) || !is_hex(uri[i + 2]))) {
            refuse(uri, "a \"%\" without two hex digits", "write a percent sign as %25");
        }
    }
}

/// Host of an authority: an address in brackets, a dotted quad, or labels. RFC 5280 section 4.2.1.6 asks for a name
/// or an address; underscores are let pass, since private schemes use them.
bool is_host(std::string_view host) {
    if (host.starts_with('[')) {
        if (!host.ends_with(']') || host.size() < 3) return false;
        try {
            return parse_ip(host.substr(1, host.size() - 2)).size() == 16;
        } catch (const Error&) {
            return false;
        }
    }
    return !host.empty() && host.front() != '.' && host.find("..") == std::string_view::npos &&
           std::all_of(host.begin(), host.end(), [](char c) {
               return k_lower.find(c) != std::string_view::npos || k_digits.find(c) != std::string_view::npos ||
                      c == '-' || c == '.' || c == '_';
           });
}

/// SPIFFE-ID section 2: what an X509-SVID may carry as its path.
void check_spiffe_path(std::string_view uri, std::string_view path) {
    if (path.empty()) return;  // names a trust domain
    for (const std::string_view segment : base::split(path.substr(1), '/')) {
        if (segment.empty() || segment == "." || segment == "..") {
            refuse(uri, "a path segment of a SPIFFE ID is empty, \".\" or \"..\"",
                   "write spiffe://trust-domain/segment/segment");
        }
        for (const char c : segment) {
            const char small = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
            if (k_lower.find(small) == std::string_view::npos && k_digits.find(c) == std::string_view::npos &&
                c != '-' && c != '.' && c != '_') {
                refuse(uri, "the path of a SPIFFE ID has letters, digits, \"-\", \".\" and \"_\" only",
                       "change the path");
            }
        }
    }
}

void check_spiffe(std::string_view uri, std::string_view authority, std::string_view rest) {
    if (authority.find_first_of("@:[") != std::string_view::npos) {
        refuse(uri, "a SPIFFE ID has no port and no user", "write spiffe://trust-domain/path");
    }
    if (authority.size() > k_longest_trust_domain) refuse(uri, "a trust domain of more than 255 octets", "shorten it");
    if (rest.find_first_of("?#") != std::string_view::npos)
        refuse(uri, "a SPIFFE ID has no query and no fragment", "leave it out");
    check_spiffe_path(uri, rest);
}

/// Authority with its host in lower case; user and port stay as they are.
std::string canonical_authority(std::string_view uri, std::string_view authority) {
    const std::size_t at = authority.rfind('@');
    const std::size_t from = at == std::string_view::npos ? 0 : at + 1;
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? from : bracket);
    const std::string host =
        base::lower(authority.substr(from, colon == std::string_view::npos ? colon : colon - from));
    const std::string_view port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
    if (host.empty()) refuse(uri, "no host after \"//\"", "name the host");
    if (!is_host(host)) refuse(uri, "\"" + base::printable(host) + "\" is no host", "use a DNS name or an address");
    if (port.size() > 1 && !base::is_digits(port.substr(1))) refuse(uri, "a port that is no number", "correct it");
    return std::string(authority.substr(0, from)) + host + std::string(port);
}

}  // namespace

std::string canonical_uri(std::string_view uri) {
    if (uri.size() > k_longest_uri) refuse(uri.substr(0, 60), "more than 2048 octets", "shorten it");
    check_characters(uri);
    const std::size_t colon = uri.find(':');
    const std::string scheme = base::lower(uri.substr(0, colon));
    const bool named =
        colon != std::string_view::npos && !scheme.empty() && k_lower.find(scheme[0]) != std::string_view::npos;
    if (!named || scheme.find_first_of("/?#[]@!$&'()*,;=%~_") != std::string::npos) {
        refuse(uri, "it has no scheme", "write it in full, as in spiffe://mesh.internal/name");
    }
    const std::string_view rest = uri.substr(colon + 1);
    if (rest.empty() || rest.front() == '?' || rest.front() == '#')
        refuse(uri, "nothing after the scheme", "write it in full");
    if (!rest.starts_with("//")) {
        if (scheme == "spiffe") refuse(uri, "a SPIFFE ID starts with spiffe://", "write spiffe://trust-domain/path");
        return scheme + ":" + std::string(rest);
    }
    const std::size_t end = std::min(rest.find_first_of("/?#", 2), rest.size());
    const std::string authority = canonical_authority(uri, rest.substr(2, end - 2));
    if (scheme == "spiffe") check_spiffe(uri, authority, rest.substr(end));
    return scheme + "://" + authority + std::string(rest.substr(end));
}

}  // namespace signet::x509::forms
