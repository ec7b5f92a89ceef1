#include "client/chain_choice.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "x509/path.h"

namespace signet::client {
namespace {

constexpr std::size_t k_alternates = 12;

// One link-value of RFC 8288 section 3: `<URL>; rel="alternate"; title="x, y"`.
struct Link {
    std::string_view url;
    std::string_view parameters;
};

// The values of one header line: commas within <> and quotes separate nothing.
std::vector<Link> links_of(std::string_view line) {
    std::vector<Link> links;
    for (std::size_t at = line.find('<'); at != std::string_view::npos; at = line.find('<', at)) {
        const auto close = line.find('>', at);
        if (close == std::string_view::npos) break;
        bool quoted = false;
        auto end = close + 1;
        for (; end < line.size() && (quoted || line[end] != ','); ++end) {
            if (line[end] == '"') quoted = !quoted;
        }
        links.push_back({line.substr(at + 1, close - at - 1), line.substr(close + 1, end - close - 1)});
        at = end;
    }
    return links;
}

bool is_alternate(std::string_view parameters) {
    for (auto piece : base::split(parameters, ';')) {
        piece = base::trim(piece);
        const auto equals = piece.find('=');
        if (equals == std::string_view::npos || !base::iequals(base::trim(piece.substr(0, equals)), "rel")) continue;
        auto value = base::trim(piece.substr(equals + 1));
        if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
            value = value.substr(1, value.size() - 2);
        for (const auto relation : base::split(value, ' ')) {
            if (base::iequals(relation, "alternate")) return true;
        }
    }
    return false;
}

}  // namespace

std::vector<std::string> alternate_urls(const net::Response& response, const std::string& request_url) {
    std::vector<std::string> urls;
    for (const auto& [name, value] : response.headers) {
        if (!base::iequals(name, "Link")) continue;
        for (const auto& link : links_of(value)) {
            if (!is_alternate(link.parameters) || urls.size() >= k_alternates) continue;
            try {
                urls.push_back(net::resolve_url(net::parse_url(request_url), link.url).text());
            } catch (const base::Error&) {
                // Another chain is an offer: one that cannot be read is none.
            }
        }
    }
    return urls;
}

bool ends_below(const std::vector<x509::Certificate>& chain, const std::string& common_name) {
    return !chain.empty() && chain.back().issuer().common_name() == common_name;
}

bool reaches(const std::vector<x509::Certificate>& chain, const std::vector<x509::Certificate>& anchors,
             base::Time now) {
    if (anchors.empty() || chain.empty()) return true;
    return x509::validate_path({.leaf = chain.front(),
                                .intermediates = {chain.begin() + 1, chain.end()},
                                .anchors = anchors,
                                .at = std::max(now, chain.front().not_before()),
                                .purpose = x509::Purpose::any,
                                .max_depth = {}})
        .valid();
}

}  // namespace signet::client
