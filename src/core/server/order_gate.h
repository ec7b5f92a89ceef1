#pragma once

#include "acme/messages.h"
#include "server/authorization_modes.h"
#include "server/exchange.h"

namespace signet::server {

/// Asks authorize_command of the profile, where it has one, about an order or an authorization: before every mode, and
/// after all that costs less. Throws as AuthorizeGate::ask does; a refusal is audited.
void pass_gate(const Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile,
               const AuthorizationMode& mode);

}  // namespace signet::server
