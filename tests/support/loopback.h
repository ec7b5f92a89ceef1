#pragma once

#include <functional>
#include <utility>

#include "net/transport.h"

namespace signet::test {

/// Joins a client and a server without a socket: a request goes straight to the handler. `before` and `after` may
/// change, refuse or lose what passes by.
class Loopback final : public net::Transport {
public:
    struct Taps {
        std::function<void(net::OutboundRequest&)> before;
        std::function<void(const net::OutboundRequest&, net::Response&)> after;
    };
    Loopback(net::Handler handler, Taps taps) : handler_(std::move(handler)), taps_(std::move(taps)) {}

    net::Response send(const net::OutboundRequest& outbound) override {
        net::OutboundRequest seen = outbound;
        if (taps_.before) taps_.before(seen);
        const auto url = net::parse_url(seen.url);
        const auto query = url.target.find('?');
        net::Request request{.method = seen.method,
                             .path = url.target.substr(0, query),
                             .query = query == std::string::npos ? "" : url.target.substr(query + 1),
                             .scheme = url.scheme,
                             .host = url.authority(),
                             .headers = seen.headers,
                             .body = seen.body,
                             .remote_address = "192.0.2.1"};
        auto response = handler_(request);
        if (seen.method == "HEAD") response.body.clear();
        if (taps_.after) taps_.after(seen, response);
        return response;
    }

private:
    net::Handler handler_;
    Taps taps_;
};

}  // namespace signet::test
