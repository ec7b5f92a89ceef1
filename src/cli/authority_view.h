#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "ca/authority_crls.h"
#include "ca/authority_files.h"
#include "cli/context.h"
#include "store/store.h"

namespace signet::cli {

/// One CA as `ca init`, `ca show` and `ca list` tell it: to people, and as the JSON that scripts rely on.
struct AuthorityView {
    struct Generation {
        x509::Certificate certificate;
        std::string id;
        std::int64_t living_leaves = 0;           // certificates that it issued and that have not ended
        std::int64_t last_end = 0;                // of these, in seconds since the epoch; 0 when there is none
        std::optional<std::int64_t> replaced_at;  // of a former one
    };
    ca::AuthorityFiles files;
    bool rotation_waits = false;
    base::Path csr;                        // of the generation that waits
    std::vector<Generation> issuing;       // whose leafs may live: the current signer first
    std::vector<Generation> former_roots;  // living_leaves: all below it
    std::vector<ca::ImportedCrl> crls;     // of CAs above these whose keys are elsewhere
    std::string public_http_url;           // base of CRL and OCSP URLs; empty: none are published
    std::int64_t living_leaves() const;
};

/// Reads authorities/NAME and counts. Needs no key, and refuses one that others can read.
AuthorityView view_authority(const Context& context, store::Store& store, const std::string& name, base::Time now);

/// name, root, issuing[] (id, subject, not_after, current, living_leaves, crl_url, ocsp_url, fingerprint_sha256, …),
/// anchors[], rotation, imported_crls[].
base::Json authority_json(const AuthorityView& view);
/// id, subject, number, entries, this_update, next_update, revoked[].
base::Json imported_crl_json(const ca::ImportedCrl& crl);
void print_authority(Output& out, const AuthorityView& view, base::Time now);

}  // namespace signet::cli
