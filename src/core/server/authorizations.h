#pragma once

#include "server/exchange.h"
#include "store/records.h"

namespace signet::server {

/// The authorization object (RFC 8555 section 7.1.4).
net::Response authorization_response(const Exchange& exchange, const store::AuthorizationRecord& record, int status);

}  // namespace signet::server
