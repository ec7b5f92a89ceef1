#pragma once

#include "base/metrics.h"

namespace signet::net {

/// What an HttpServer has seen, for metrics. Thread-safe; lives as long as its server.
struct HttpCounters {
    base::Counter handshakes_full, handshakes_resumed, handshakes_failed, handshakes_timed_out;
    base::Counter connections_accepted;
    base::Counter connections_over_limit, connections_over_address_limit;  // closed at once
    base::Counter requests_malformed, requests_too_slow;                   // answered 4xx without the handler
};

}  // namespace signet::net
