#pragma once

#include <optional>
#include <string>

#include "store/merkle.h"
#include "store/store.h"

namespace signet::store {

/// What an audit log must be: the one that a checkpoint speaks of.
struct KnownTree {
    std::uint64_t size;
    TreeHash root;
};

struct AuditFinding {
    std::uint64_t size = 0;  // entries that the log must have
    TreeHash root{};         // of those that were found
    /// The first entry that is not as it was written, and what is wrong with it; none: the log is whole.
    struct Fault {
        std::uint64_t entry;
        std::string what;
    };
    std::optional<Fault> fault;
};

/// Goes through the whole log, hashes each entry again, and compares with the hash in its row, with the nodes and the
/// peaks of the tree, and with `known`. Reads in short steps, in constant memory: a server goes on meanwhile, and what
/// it appends is left to the next check. Entries that were changed together with their hashes are named by the first
/// of the smallest complete tree that shows it; a log that was made anew as a whole only `known` gives away. A
/// revocation that stands in the log and not in the inventory is a fault, too.
AuditFinding check_audit(Store& store, const std::optional<KnownTree>& known);

}  // namespace signet::store
