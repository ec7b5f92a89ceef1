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
void limit_certificate(Exchange& exchange, store::Transaction& transaction, const ca::Profile& profile,
                       const std::vector<x509::Identifier>& names);

}  // namespace signet::server
