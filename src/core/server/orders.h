#pragma once

#include "server/exchange.h"

namespace signet::server {

/// The order as the client sees it: an expired one is invalid, whatever the row still says.
net::Response order_response(const Exchange& exchange, const store::OrderRecord& record, int status);
store::OrderStatus status_now(const store::OrderRecord& record, std::int64_t now);

}  // namespace signet::server
