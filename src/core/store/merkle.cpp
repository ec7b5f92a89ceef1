#include "store/merkle.h"

#include <algorithm>
#include <bit>

#include "crypto/digest.h"

namespace signet::store {

namespace {

/// The largest power of two below `size`, which is 2 at least.
std::uint64_t split_of(std::uint64_t size) { return std::bit_floor(size - 1); }

}  // namespace

TreeHash leaf_hash(base::ByteView entry) {
    base::Bytes message{0x00};
    base::append(message, entry);
    return crypto::sha256(message);
}

TreeHash node_hash(const TreeHash& left, const TreeHash& right) {
    std::array<std::uint8_t, 65> message{0x01};
    std::copy(left.begin(), left.end(), message.begin() + 1);
    std::copy(right.begin(), right.end(), message.begin() + 33);
    return crypto::sha256(message);
}

std::optional<GrowingTree> GrowingTree::decode(std::uint64_t size, base::ByteView peaks) {
    GrowingTree tree;
    tree.size_ = size;
    tree.peaks_.resize(static_cast<std::size_t>(std::popcount(size)));
    if (peaks.size() != tree.peaks_.size() * sizeof(TreeHash)) return std::nullopt;
    for (auto& peak : tree.peaks_) {
        std::copy_n(peaks.begin(), peak.size(), peak.begin());
        peaks = peaks.subspan(peak.size());
    }
    return tree;
}

base::Bytes GrowingTree::encode() const {
    base::Bytes text;
    text.reserve(peaks_.size() * sizeof(TreeHash));
    for (const auto& peak : peaks_) base::append(text, peak);
    return text;
}

void GrowingTree::append(const TreeHash& leaf, const Completed& completed) {
    TreeHash hash = leaf;
    // Each low bit of the size is a peak that the new one completes to a tree of twice its size.
    for (int level = 0; (size_ >> level & 1) != 0; ++level) {
        hash = node_hash(peaks_.back(), hash);
        peaks_.pop_back();
        if (completed) completed(level + 1, size_ >> (level + 1), hash);
    }
    peaks_.push_back(hash);
    ++size_;
}

void GrowingTree::append_complete(int level, const TreeHash& root) {
    TreeHash hash = root;
    for (int at = level; (size_ >> at & 1) != 0; ++at) {
        hash = node_hash(peaks_.back(), hash);
        peaks_.pop_back();
    }
    peaks_.push_back(hash);
    size_ += std::uint64_t{1} << level;
}

TreeHash GrowingTree::root() const {
    if (peaks_.empty()) return crypto::sha256({});
    TreeHash hash = peaks_.back();
    for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) hash = node_hash(*peak, hash);
    return hash;
}

std::vector<EntryRange> inclusion_ranges(std::uint64_t index, std::uint64_t size) {
    std::vector<EntryRange> ranges;
    EntryRange within{0, size};
    while (within.end - within.begin > 1) {
        const auto middle = within.begin + split_of(within.end - within.begin);
        if (index < middle) {
            ranges.push_back({middle, within.end});
            within.end = middle;
        } else {
            ranges.push_back({within.begin, middle});
            within.begin = middle;
        }
    }
    std::reverse(ranges.begin(), ranges.end());
    return ranges;
}

bool is_included(std::uint64_t index, std::uint64_t size, const TreeHash& leaf, const std::vector<TreeHash>& path,
                 const TreeHash& root) {
    if (index >= size) return false;
    const auto ranges = inclusion_ranges(index, size);
    if (ranges.size() != path.size()) return false;
    TreeHash hash = leaf;
    for (std::size_t i = 0; i < path.size(); ++i)
        hash = ranges[i].begin > index ? node_hash(hash, path[i]) : node_hash(path[i], hash);
    return hash == root;
}

}  // namespace signet::store
