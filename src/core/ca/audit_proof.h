#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "ca/checkpoint.h"
#include "store/audit.h"

namespace signet::ca {

/// That an entry is in the log that a checkpoint speaks of: checked without the store.
struct AuditProof {
    store::AuditEntry entry;
    std::uint64_t tree_size;
    std::vector<store::TreeHash> path;  // from the leaf up (RFC 9162 section 2.1.3)
    std::string checkpoint;             // the note that it was made for

    bool holds(const store::KnownTree& tree) const;
};

/// Throws not_found when the store has no such entry, refused when it is not among those of the checkpoint, and corrupt
/// when what the store holds proves nothing: `audit verify` tells more.
AuditProof prove_entry(store::Store& store, const store::AuditEntry& entry, const Checkpoint& checkpoint);

/// {"entry":{…},"index","tree_size","leaf_hash","path":[…],"root_hash","checkpoint"}: hashes in hex.
base::Json proof_json(const AuditProof& proof, const store::KnownTree& tree);
/// Throws bad_input naming `what`.
AuditProof parse_proof(std::string_view text, std::string_view what);

/// An entry with its members in the order of store::audit_line.
base::Json entry_json(const store::AuditEntry& entry);

}  // namespace signet::ca
