#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "net/address.h"
#include "net/http.h"
#include "net/http_fields.h"

namespace signet::net {

namespace {

constexpr std::size_t k_url_length = 8192;
constexpr std::size_t k_host_length = 255;  // as a Host header that this server takes
constexpr int k_highest_port = 65535;

[[noreturn]] void refuse(std::string_view text, const std::string& reason) {
    throw base::Error{base::Kind::bad_input, "bad URL " + base::printable(text) + ": " + reason};
}

bool is_url_char(char c) {
    constexpr std::string_view never = "\"<>\\^`{|}";
    return c > ' ' && c < 0x7f && never.find(c) == std::string_view::npos;
}

bool is_host_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

int default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

std::optional<int> parse_port(std::string_view text) {
    if (text.size() > 5) return std::nullopt;
    const auto value = parse_length(text);
    if (!value || *value > k_highest_port) return std::nullopt;
    return static_cast<int>(*value);
}

/// Host and what stands after it (":8443", or nothing); nullopt for an open bracket.
std::optional<std::pair<std::string_view, std::string_view>> split_authority(std::string_view authority) {
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        return std::pair{authority.substr(1, close - 1), authority.substr(close + 1)};
    }
    const auto colon = authority.find(':');
    if (colon == std::string_view::npos) return std::pair{authority, std::string_view()};
    return std::pair{authority.substr(0, colon), authority.substr(colon)};
}

void parse_authority(Url& url, std::string_view authority, std::string_view text) {
    if (authority.find('@') != std::string_view::npos) refuse(text, "user names are not allowed in it");
    const auto parts = split_authority(authority);
    if (!parts || parts->first.empty()) refuse(text, "it has no host");
    if (parts->first.size() > k_host_length) refuse(text, "its host is longer than 255 characters");
    url.host = base::lower(parts->first);
    if (authority.starts_with('[')) {
        const auto address = Address::parse(url.host);
        if (!address || url.host.find(':') == std::string::npos)
            refuse(text, "what stands in brackets is no IPv6 address");
    } else if (!std::all_of(url.host.begin(), url.host.end(), is_host_char)) {
        refuse(text, "its host has a character that no host name has");
    }
    url.port = default_port(url.scheme);
    if (parts->second.empty()) return;
    const auto port = parse_port(parts->second.substr(1));
    if (parts->second.front() != ':' || !port || *port == 0) refuse(text, "its port is no number from 1 to 65535");
    url.port = *port;
}

/// RFC 3986 section 5.2.4, on a path that starts with "/".
std::string remove_dot_segments(std::string_view path) {
    std::vector<std::string_view> kept;
    const auto segments = base::split(path.substr(1), '/');
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const bool last = i + 1 == segments.size();
        const bool dots = segments[i] == "." || segments[i] == "..";
        if (segments[i] == ".." && !kept.empty()) kept.pop_back();
        if (!dots) kept.push_back(segments[i]);
        if (dots && last) kept.push_back("");
    }
    std::string result;
    for (const auto segment : kept) result.append("/").append(segment);
    return result.empty() ? "/" : result;
}

std::string normal_target(std::string_view target) {
    const auto query = target.find('?');
    std::string result = remove_dot_segments(target.substr(0, query));
    if (query != std::string_view::npos) result.append(target.substr(query));
    return result;
}

bool has_scheme(std::string_view reference) {
    const auto end = reference.find_first_of(":/?");
    return end != std::string_view::npos && end > 0 && reference[end] == ':';
}

}  // namespace

std::string Url::authority() const {
    std::string result = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != default_port(scheme)) result += ":" + std::to_string(port);
    return result;
}

std::string Url::text() const { return scheme + "://" + authority() + target; }

Url parse_url(std::string_view text) {
    if (text.size() > k_url_length) refuse(text.substr(0, 80), "it is longer than 8192 characters");
    const auto mark = text.find("://");
    Url url{};
    if (mark != std::string_view::npos) url.scheme = base::lower(text.substr(0, mark));
    if (url.scheme != "http" && url.scheme != "https") refuse(text, "it does not start with https:// or http://");
    if (text.find('#') != std::string_view::npos) refuse(text, "a fragment (#) is not allowed in it");
    if (!std::all_of(text.begin(), text.end(), is_url_char)) refuse(text, "it has a character that no URL has");
    const auto rest = text.substr(mark + 3);
    const auto path = rest.find_first_of("/?");
    parse_authority(url, rest.substr(0, path), text);
    url.target = path == std::string_view::npos ? "" : std::string(rest.substr(path));
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
}

Url resolve_url(const Url& base, std::string_view reference) {
    reference = reference.substr(0, reference.find('#'));
    if (has_scheme(reference)) return parse_url(reference);
    if (reference.starts_with("//")) return parse_url(base.scheme + ":" + std::string(reference));
    if (reference.empty()) return base;
    const auto base_path = base.target.substr(0, base.target.find('?'));
    std::string target(reference);
    if (reference.starts_with('?')) {
        target = base_path + target;
    } else if (!reference.starts_with('/')) {
        target = base_path.substr(0, base_path.rfind('/') + 1) + target;
    }
    return parse_url(base.scheme + "://" + base.authority() + normal_target(target));
}

HostPort parse_host_port(std::string_view text, std::string_view what) {
    const auto parts = split_authority(text);
    const auto port = parts && parts->second.starts_with(':') ? parse_port(parts->second.substr(1)) : std::nullopt;
    const bool good_v6 = !text.starts_with('[') || (parts && Address::parse(parts->first));
    if (!port || parts->first.empty() || !good_v6) {
        throw base::Error{base::Kind::bad_input, std::string(what) + ": " + base::printable(text) + " is not HOST:PORT",
                          "write it like 0.0.0.0:8443, ca.internal:8443 or [::1]:8443"};
    }
    return {std::string(parts->first), *port};
}

}  // namespace signet::net
