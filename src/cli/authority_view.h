#pragma once

#include <cstdint>

#include "base/json.h"
#include "base/time.h"
#include "ca/authority_files.h"
#include "cli/output.h"
#include "store/store.h"

namespace signet::cli {

/// One CA as `ca init`, `ca show` and `ca list` tell it: to people, and as the JSON that scripts rely on.
struct AuthorityView {
    ca::AuthorityFiles files;
    std::int64_t living_leaves = 0;  // certificates that the current signer issued and that have not ended
};

/// Reads authorities/NAME and counts. Needs no key, and refuses one that others can read.
AuthorityView view_authority(store::Store& store, const std::string& name, base::Time now);

/// name, root, issuing[] (id, subject, not_after, current, living_leaves, fingerprint_sha256, …), anchors[].
base::Json authority_json(const AuthorityView& view);
void print_authority(Output& out, const AuthorityView& view, base::Time now);

}  // namespace signet::cli
