#pragma once

#include <vector>

#include "server/exchange.h"

namespace signet::server {

/// The rate limits of a profile ([profile.NAME.acme] rate_limits), kept in the store. Each takes its share within the
/// transaction of what it limits, so that what fails costs nothing. Throws rate_limited, with the wait in
/// exchange.retry_after; nothing when the profile does not limit it.
void limit_account(Exchange& exchange, store::Transaction& transaction);  // by the directory's profile
/// An order, or an authorization asked for alone, which counts as one.
void limit_order(Exchange& exchange, store::Transaction& transaction, const ca::Profile& profile,
                 const std::vector<x509::Identifier>& names);
/// What limit_order would say, without taking any: it only reads. Here, as for limit_open, a look in a read transaction
/// spares the writer those who ask again and again; what counts is what the write transaction says.
void look_at_order_limits(Exchange& exchange, store::Transaction& transaction, const ca::Profile& profile,
                          const std::vector<x509::Identifier>& names);
/// What any account may have begun and not finished, whatever its profile says: orders that are pending or ready, and
/// authorizations that are pending or deactivated: giving them up makes no room. Here: one more order, or none, and so
/// many new authorizations, also such as are valid at once and may be given up next. Throws rate_limited; the wait is
/// until enough of them have expired, and no longer than until the account finishes some. Only reads.
inline constexpr std::int64_t k_open_orders = 3000;
inline constexpr std::int64_t k_begun_authorizations = 3000;
void limit_open(Exchange& exchange, store::Transaction& transaction, std::int64_t orders, std::int64_t authorizations);
void limit_certificate(Exchange& exchange, store::Transaction& transaction, const ca::Profile& profile,
                       const std::vector<x509::Identifier>& names);

}  // namespace signet::server
