#pragma once

#include "client/activation.h"
#include "client/renew.h"
#include "support/loopback.h"
#include "support/temporary_directory.h"
#include "unit/server/fixture.h"

namespace signet::test {

/// A client and a server that share a clock and no socket.
class FlowFixture {
public:
    explicit FlowFixture(const std::string& auth = "trust") : server(auth) {
        record.server = "https://ca.test/acme/directory";
        record.names = {x509::Identifier::parse("web.internal"), x509::Identifier::parse("10.0.0.7")};
        const auto response =
            server.app->handle({.method = "GET", .path = "/ca.pem", .scheme = "https", .host = "ca.test"});
        record.server_roots = x509::parse_certificates(response.body, "/ca.pem");
    }

    client::FetchSeams seams() {
        return {.make_transport = [this](net::TransportSettings) -> std::unique_ptr<net::Transport> {
                    return std::make_unique<Loopback>(server.handler(),
                                                      Loopback::Taps{[this](net::OutboundRequest& request) {
                                                                         server.app->run_validations();
                                                                         ++requests;
                                                                         if (before) before(request);
                                                                     },
                                                                     after});
                },
                .clock = server.clock,
                .patience = std::chrono::minutes(2),
                .progress = [](std::string_view) {}};
    }
    client::Enrolled fetch(const client::FetchRun& run = {}) {
        return client::fetch(target(), record, run, seams()).enrolled;
    }
    client::Renewed renew(const client::RenewOptions& options = {}) {
        return client::renew(
            target(), options, []() -> client::LocalCa& { throw base::Error(base::Kind::internal, "asked the store"); },
            seams());
    }
    base::Path target() const { return directory / "tls"; }
    std::string serial_there() const { return deliver::installed(target())->chain.front().serial_hex(); }

    ServerFixture server;
    TemporaryDirectory directory;
    client::RenewalRecord record;
    std::function<void(net::OutboundRequest&)> before;
    std::function<void(const net::OutboundRequest&, net::Response&)> after;
    int requests = 0;
};

}  // namespace signet::test
