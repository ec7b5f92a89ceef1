#include "cli/probe_served.h"

#include <algorithm>

#include "base/error.h"
#include "net/http.h"
#include "net/retry.h"

namespace signet::cli {
namespace {

constexpr base::Duration k_reload_patience = std::chrono::seconds(5);  // for a reload to take effect
constexpr std::chrono::milliseconds k_handshake = std::chrono::seconds(5);

// An address has no SNI: the first DNS name tells a service with several certificates which one is meant.
std::string server_name(const std::string& host, const x509::Certificate& leaf) {
    if (!net::Address::parse(host)) return host;
    for (const auto& name : leaf.names()) {
        if (name.type() == x509::Identifier::Type::dns && !name.is_wildcard()) return name.text();
    }
    return {};
}

}  // namespace

std::optional<std::string> probe_served(const std::string& target, const std::vector<x509::Certificate>& leaves,
                                        net::TlsDialer& dialer, base::Clock& clock) {
    const auto [host, port] = net::parse_host_port(target, "--probe");
    net::Retry retry(clock, k_reload_patience);
    for (;;) {
        std::string problem;
        try {
            net::TlsDialRequest request{};
            request.host = host;
            request.port = port;
            request.server_name = server_name(host, leaves.front());
            request.timeout = k_handshake;
            request.await_refusal = false;  // a server that wants a certificate has shown its own by then
            const auto chain = dialer.dial(request).chain;
            if (chain.empty()) {
                problem = target + " serves no certificate";
            } else if (std::ranges::find(leaves, chain.front()) != leaves.end()) {
                return std::nullopt;
            } else {
                problem = target + " serves another certificate still, serial " + chain.front().serial_hex();
            }
        } catch (const base::Error& error) {
            problem = target + " cannot be asked: " + error.message();
        }
        if (!retry.wait()) return problem;
    }
}

}  // namespace signet::cli
