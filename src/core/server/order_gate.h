#pragma once

#include "acme/messages.h"
#include "server/authorization_modes.h"
#include "server/exchange.h"

namespace signet::server {

/// Asks authorize_command of the profile, where it has one, about an order or an authorization: before every mode, and
/// after all that costs less. What it is asked counts as an order (limit_order) whatever it answers: true when it was
/// counted. Throws as limit_order and AuthorizeGate::ask do; a refusal is audited (record_order_refusal).
bool pass_gate(Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile,
               const AuthorizationMode& mode);

}  // namespace signet::server
