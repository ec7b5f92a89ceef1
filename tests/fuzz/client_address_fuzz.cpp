// X-Forwarded-For, which decides whose limits a request counts against. The peer, then a field a line.
#include "fuzz/fuzz.h"
#include "server/client_address.h"

namespace signet::fuzz {
namespace {

const std::vector<net::Cidr>& proxies() {
    static const std::vector<net::Cidr> all{net::Cidr::parse("10.0.0.0/8", "proxy"), net::Cidr::parse("::1", "proxy")};
    return all;
}

bool is_proxy(const std::string& text) {
    const auto address = net::Address::parse(text);
    return address && (proxies()[0].contains(*address) || proxies()[1].contains(*address));
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    net::Request request;
    request.remote_address = std::string(parts.line());
    while (!parts.empty()) request.headers.emplace_back("X-Forwarded-For", std::string(parts.line()));

    const auto address = server::client_address(request, proxies());
    require(server::client_address(request, {}) == request.remote_address, "without proxies the peer counts");
    const bool from_proxy = is_proxy(request.remote_address);
    require(from_proxy || address == request.remote_address || net::Address::parse(address).has_value(),
            "a peer that is no proxy is not replaced by a word");
    if (!from_proxy || is_proxy(address)) return;
    require(net::Address::parse(address).has_value(), "what counts is an address");
    request.headers.insert(request.headers.begin(), {"X-Forwarded-For", "203.0.113.9"});
    require(server::client_address(request, proxies()) == address, "what a client wrote first does not count");
}

}  // namespace signet::fuzz
