#pragma once

#include <optional>

#include "server/exchange.h"

namespace signet::server {

/// Refuses who would make an account without agreeing (RFC 8555 section 7.3).
net::Response terms_not_agreed(const Exchange& exchange);
/// RFC 8555 section 7.3.3: the terms of service changed since the account agreed. userActionRequired with the terms and
/// a page where a human can agree to them; nullopt when there is nothing to agree to. Asked where new business begins:
/// what was ordered under the former terms can be finished.
std::optional<net::Response> terms_refusal(const Exchange& exchange);

}  // namespace signet::server
