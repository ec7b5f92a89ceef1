#pragma once

#include "store/database.h"
#include "store/merkle.h"

namespace signet::store {

// The Merkle tree over the rows of `audit`: entry N is the row with the id N + 1, which holds the hash of its leaf.
// `audit_tree` has one row: the size, and the peaks that the next leaf needs. `audit_nodes` has the complete inner
// nodes of every eighth level, so that a proof reads some hundred rows at most, and an append writes one more row in
// 256.

inline constexpr int k_kept_levels = 8;

/// The tree within a transaction. Throws corrupt when its tables do not hold one.
class AuditTree {
public:
    explicit AuditTree(Transaction& transaction);
    std::uint64_t size() const { return tree_.size(); }
    TreeHash root() const { return tree_.root(); }
    const GrowingTree& state() const { return tree_; }
    /// The leaf is in the row already.
    void append(const TreeHash& leaf);

    /// Of the first `size` entries, at most as many as there are. From what is stored, unchecked.
    TreeHash root_at(std::uint64_t size) const;
    /// RFC 9162 section 2.1.3.1. From what is stored, unchecked.
    std::vector<TreeHash> inclusion_path(std::uint64_t index, std::uint64_t size) const;

private:
    TreeHash hash_of(EntryRange range) const;
    TreeHash kept_node(int level, std::uint64_t position) const;
    TreeHash leaf(std::uint64_t index) const;

    Transaction& transaction_;
    GrowingTree tree_;
};

/// For a migration: numbers the rows of `audit` without gaps and makes the tree over them.
void plant_audit_tree(Transaction& transaction);

/// corrupt: the entry of this number is not what signet wrote.
[[noreturn]] void throw_foreign_audit(std::int64_t index);

}  // namespace signet::store
