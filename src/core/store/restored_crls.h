#pragma once

#include "store/restore.h"
#include "x509/certificate.h"

namespace signet::store {

/// A CA certificate of the store, and the authority that it belongs to.
struct StoredCa {
    std::string authority;
    std::string id;  // first 8 hex digits of its subject key identifier
    x509::Certificate certificate;
};
/// Those below authorities/, former ones too, each once.
std::vector<StoredCa> stored_cas(const Layout& layout);

/// Takes over the revocations and numbers of the CRLs that were given, and raises the numbers of the other CAs; what it
/// did goes into `result`. Throws bad_input for a CRL that none of the CAs signed.
void restore_crls(Store& store, const RestoreRequest& request, base::Time now, RestoreResult& result);

}  // namespace signet::store
