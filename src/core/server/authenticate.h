#pragma once

#include "server/exchange.h"
#include "server/router.h"

namespace signet::server {

/// The checks of RFC 8555 section 6 for every POST, in their order: media type, size, shape of the JWS, url, nonce,
/// key, signature, state of the account, ownership of what the path names. Fills the account, the payload and what was
/// loaded, all with one read of the store. Throws what the first check that fails says.
void authenticate(Exchange& exchange, const Route& route);

}  // namespace signet::server
