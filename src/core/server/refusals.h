#pragma once

#include <string>
#include <string_view>

#include "acme/messages.h"
#include "base/error.h"
#include "server/exchange.h"

namespace signet::server {

/// Whether an error says no to what was asked for: another request could mend it, waiting could not, and the server is
/// not to blame.
bool is_refusal(const base::Error& error);

/// What the audit log says of a refusal: the token that let the account in, and every reason, some 4000 bytes at most.
std::string refusal_detail(const Exchange& exchange, const base::Error& error, std::string_view by = {});

/// Audits that an order, or an authorization asked for alone, was refused ("order.refused"); `by` goes before the
/// reasons. Of an account some an hour are audited, whatever profiles it asks: the audit log keeps all for ever, and
/// nothing stops an account from asking again. Does not throw: what cannot be recorded is logged, and the refusal
/// stands.
void record_order_refusal(const Exchange& exchange, const acme::NewOrderMessage& message, const ca::Profile& profile,
                          const base::Error& error, std::string_view by = {});

}  // namespace signet::server
