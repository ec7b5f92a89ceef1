#pragma once

#include "base/metrics.h"
#include "base/time.h"
#include "net/http_server.h"

namespace signet::server {

/// What /metrics tells of the listeners, and when the server's own certificate expires.
void write_front_metrics(base::MetricsText& out, const net::HttpServer& http, base::Time own_not_after);

}  // namespace signet::server
