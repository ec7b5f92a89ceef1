#include "server/client_address.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace signet::server {
namespace {

// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711"
std::optional<net::Address> parse_entry(std::string_view text) {
    text = base::trim(text);
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        return end == std::string_view::npos ? std::nullopt : net::Address::parse(text.substr(1, end - 1));
    }
    const auto colon = text.find(':');
    const bool with_port = colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos;
    return net::Address::parse(with_port ? text.substr(0, colon) : text);
}

}  // namespace

std::string client_address(const net::Request& request, const std::vector<net::Cidr>& proxies) {
    const auto trusted = [&](const net::Address& address) {
        return std::ranges::any_of(proxies, [&](const net::Cidr& cidr) { return cidr.contains(address); });
    };
    auto current = net::Address::parse(request.remote_address);
    if (proxies.empty() || !current) return request.remote_address;
    // Several fields are one list, in their order (RFC 9110 section 5.3): from the last entry backwards.
    for (auto field = request.headers.rbegin(); field != request.headers.rend(); ++field) {
        if (!base::iequals(field->first, "X-Forwarded-For")) continue;
        const auto entries = base::split(field->second, ',');
        for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
            if (!trusted(*current)) return current->text();
            const auto next = parse_entry(*entry);
            if (!next) return current->text();
            current = next;
        }
    }
    return current->text();
}

}  // namespace signet::server
