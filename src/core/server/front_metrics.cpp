#include "server/front_metrics.h"

namespace signet::server {

using Type = base::MetricsText::Type;

void write_front_metrics(base::MetricsText& out, const net::HttpServer& http, base::Time own_not_after) {
    const auto& counters = http.counters();
    out.family("signet_tls_handshakes_total", Type::counter, "TLS handshakes of the HTTPS listener, by result.");
    out.sample({{"result", "full"}}, counters.handshakes_full.value());
    out.sample({{"result", "resumed"}}, counters.handshakes_resumed.value());
    out.sample({{"result", "failed"}}, counters.handshakes_failed.value());
    out.sample({{"result", "timeout"}}, counters.handshakes_timed_out.value());
    out.gauge("signet_http_connections", "Open connections, all listeners.", static_cast<double>(http.connections()));
    out.family("signet_http_connections_accepted_total", Type::counter, "Connections taken.");
    out.sample({}, counters.connections_accepted.value());
    out.family("signet_http_connections_refused_total", Type::counter, "Connections closed at once, by the limit.");
    out.sample({{"limit", "all"}}, counters.connections_over_limit.value());
    out.sample({{"limit", "address"}}, counters.connections_over_address_limit.value());
    out.family("signet_http_requests_refused_total", Type::counter, "Requests that no route has seen.");
    out.sample({{"reason", "malformed"}}, counters.requests_malformed.value());
    out.sample({{"reason", "timeout"}}, counters.requests_too_slow.value());
    out.gauge("signet_server_certificate_not_after_timestamp_seconds", "When the server's own certificate expires.",
              static_cast<double>(base::to_unix(own_not_after)));
}

}  // namespace signet::server
