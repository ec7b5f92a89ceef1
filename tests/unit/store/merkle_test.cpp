#include "store/merkle.h"

#include <doctest/doctest.h>

#include "base/encoding.h"

using namespace signet;
using store::GrowingTree;
using store::TreeHash;

namespace {

// Known roots of trees over these entries, as logs of RFC 6962 compute them.
const char* const k_entries[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const char* const k_roots[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                               "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                               "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                               "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                               "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                               "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                               "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                               "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                               "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TreeHash leaf_of(std::uint64_t number) { return store::leaf_hash(base::to_bytes("entry " + std::to_string(number))); }

// The definition in RFC 9162 section 2.1.1, word for word.
TreeHash root_of(std::uint64_t begin, std::uint64_t end) {
    if (end - begin == 1) return leaf_of(begin);
    std::uint64_t split = 1;
    while (2 * split < end - begin) split *= 2;
    return store::node_hash(root_of(begin, begin + split), root_of(begin + split, end));
}

}  // namespace

TEST_CASE("merkle: roots that other logs know") {
    GrowingTree tree;
    CHECK(base::hex_encode(tree.root()) == k_roots[0]);
    for (std::size_t i = 0; i < std::size(k_entries); ++i) {
        CAPTURE(i);
        tree.append(store::leaf_hash(base::hex_decode(k_entries[i]).value_or(base::Bytes{})));
        CHECK(base::hex_encode(tree.root()) == k_roots[i + 1]);
    }
}

TEST_CASE("merkle: grows to the tree of the definition, also when it is put away in between") {
    GrowingTree tree;
    for (std::uint64_t size = 1; size <= 70; ++size) {
        tree.append(leaf_of(size - 1), [](int level, std::uint64_t position, const TreeHash& hash) {
            CHECK(hash == root_of(position << level, (position + 1) << level));
        });
        CHECK(tree.root() == root_of(0, size));
        auto again = GrowingTree::decode(size, tree.encode());
        REQUIRE(again);
        tree = *again;
    }
    CHECK_FALSE(GrowingTree::decode(3, base::Bytes(32)));
    CHECK_FALSE(GrowingTree::decode(3, base::Bytes(65)));
    CHECK(GrowingTree::decode(0, {}));
}

TEST_CASE("merkle: every entry of every tree is proven, and nothing else is") {
    for (std::uint64_t size = 1; size <= 40; ++size) {
        const auto root = root_of(0, size);
        for (std::uint64_t index = 0; index < size; ++index) {
            std::vector<TreeHash> path;
            for (const auto range : store::inclusion_ranges(index, size))
                path.push_back(root_of(range.begin, range.end));
            CHECK(store::is_included(index, size, leaf_of(index), path, root));
            CHECK_FALSE(store::is_included(index, size, leaf_of(index + 1), path, root));
            CHECK_FALSE(store::is_included(size, size, leaf_of(index), path, root));
            if (size > 1) {
                CHECK_FALSE(store::is_included(index ^ 1U, size, leaf_of(index), path, root));
                auto longer = path;
                longer.push_back(root);
                CHECK_FALSE(store::is_included(index, size, leaf_of(index), longer, root));
                path.front()[0] ^= 1U;
                CHECK_FALSE(store::is_included(index, size, leaf_of(index), path, root));
            }
        }
    }
}
