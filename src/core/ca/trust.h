#pragma once

#include <string>

#include "base/time.h"
#include "ca/authority_files.h"
#include "store/store.h"

namespace signet::ca {

/// A foreign trust anchor beside the root of one of our CAs: from the next issuance on it stands in ca.crt, and in
/// /ca.pem as soon as a server looks.
struct TrustRequest {
    std::string authority;
    std::string name;  // of the anchor: plain, as names of CAs are
    std::string actor;
};

/// Audited. Throws exists when the name holds another certificate, refused for one that is no CA's, is not valid now,
/// or counts already. False: it was there.
bool add_trust(store::Store& store, const TrustRequest& request, const x509::Certificate& anchor, base::Time now);
/// Audited. Throws not_found.
void remove_trust(store::Store& store, const TrustRequest& request, base::Time now);

}  // namespace signet::ca
