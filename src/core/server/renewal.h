#pragma once

#include <optional>

#include "acme/messages.h"
#include "server/exchange.h"

namespace signet::server {

/// What a new order says that it replaces (RFC 9773 section 5): a certificate of this account that shares a name with
/// it. Throws not_found or malformed. Whether it was replaced already is for the order's own transaction to tell.
std::optional<store::CertificateRecord> predecessor_of(const Exchange& exchange, const acme::NewOrderMessage& message);

/// Throws already_replaced when another order did, or is about to.
void require_unreplaced(store::Transaction& transaction, const store::CertificateRecord& predecessor,
                        const std::string& certificate_id, std::int64_t now);

}  // namespace signet::server
