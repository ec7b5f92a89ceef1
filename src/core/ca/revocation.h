#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "store/records.h"
#include "store/store.h"

namespace signet::ca {

inline constexpr int k_ca_compromise = 2;  // CRLReason, RFC 5280 section 5.3.1

/// Who revokes, for the audit log.
struct Revoker {
    std::string actor;    // "operator uid 0", "account ID", "certificate key"
    std::string address;  // remote address, or empty
    std::optional<std::string> account;
};

/// Revokes in one durable transaction with its audit entry: every server of the store says so from then on. `reason` is
/// a CRLReason (RFC 5280 section 5.3.1). Throws already_revoked.
void revoke(store::Store& store, const store::CertificateRecord& record, int reason, base::Time now,
            const Revoker& revoker);

}  // namespace signet::ca
