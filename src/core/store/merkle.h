#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace signet::store {

// The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1): SHA-256, a leaf is hashed behind a byte 0x00, an
// inner node behind a byte 0x01. Entries count from 0. A node of level L at position P stands over the entries from
// P * 2^L up to, and without, (P + 1) * 2^L.

using TreeHash = std::array<std::uint8_t, 32>;

TreeHash leaf_hash(base::ByteView entry);
TreeHash node_hash(const TreeHash& left, const TreeHash& right);

/// A tree that grows, and keeps no more of itself than its next leaf needs: the roots of the complete trees that it is
/// made of, the largest first. Appending costs one hash on average, the number of peaks at most.
class GrowingTree {
public:
    using Completed = std::function<void(int level, std::uint64_t position, const TreeHash& hash)>;

    GrowingTree() = default;
    /// As encode() wrote the peaks of `size` entries. nullopt when they are none.
    static std::optional<GrowingTree> decode(std::uint64_t size, base::ByteView peaks);
    base::Bytes encode() const;

    /// `completed` hears of every inner node that this leaf completes, the lowest first.
    void append(const TreeHash& leaf, const Completed& completed = {});
    /// Puts a whole complete tree of 2^level entries behind what is there, whose size is a multiple of that.
    void append_complete(int level, const TreeHash& root);
    std::uint64_t size() const { return size_; }
    /// Of an empty tree: the hash of nothing.
    TreeHash root() const;
    const std::vector<TreeHash>& peaks() const { return peaks_; }

private:
    std::uint64_t size_ = 0;
    std::vector<TreeHash> peaks_;
};

/// The entries from `begin` up to, and without, `end`: a node of the tree of some size.
struct EntryRange {
    std::uint64_t begin, end;
    friend bool operator==(const EntryRange&, const EntryRange&) = default;
};
/// What the nodes of an inclusion path stand over, from the leaf up (RFC 9162 section 2.1.3.1). `index` is below
/// `size`.
std::vector<EntryRange> inclusion_ranges(std::uint64_t index, std::uint64_t size);
/// RFC 9162 section 2.1.3.2.
bool is_included(std::uint64_t index, std::uint64_t size, const TreeHash& leaf, const std::vector<TreeHash>& path,
                 const TreeHash& root);

}  // namespace signet::store
