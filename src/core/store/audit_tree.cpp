#include "store/audit_tree.h"

#include <algorithm>

#include "base/error.h"
#include "store/audit.h"
#include "store/audit_columns.h"

namespace signet::store {

namespace {

using base::Error;
using base::Kind;

Error damaged(const std::string& what) {
    return {Kind::corrupt, "the audit log is damaged: " + what, "see what is wrong with: signet audit verify"};
}

TreeHash hash_from(const base::Bytes& bytes, const std::string& what) {
    TreeHash hash{};
    if (bytes.size() != hash.size()) throw damaged(what + " has no hash");
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
}

GrowingTree read_state(Transaction& transaction) {
    auto row = transaction.query("SELECT size, peaks FROM audit_tree WHERE id = 1");
    if (!row->step()) throw damaged("its tree is not there");
    const auto size = row->integer(0);
    auto tree = size < 0 ? std::nullopt : GrowingTree::decode(static_cast<std::uint64_t>(size), row->blob(1));
    if (!tree) throw damaged("its tree is none");
    return std::move(*tree);
}

void keep_node(Transaction& transaction, int level, std::uint64_t position, const TreeHash& hash) {
    if (level % k_kept_levels != 0) return;
    transaction.run(
        "INSERT INTO audit_nodes (level, position, hash) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (level, position) DO UPDATE SET hash = excluded.hash",
        std::int64_t{level}, static_cast<std::int64_t>(position), base::ByteView(hash));
}

}  // namespace

void throw_foreign_audit(std::int64_t index) {
    throw damaged("entry " + std::to_string(index) + " was not written by signet");
}

AuditTree::AuditTree(Transaction& transaction) : transaction_(transaction), tree_(read_state(transaction)) {}

void AuditTree::append(const TreeHash& leaf) {
    tree_.append(leaf, [&](int level, std::uint64_t position, const TreeHash& hash) {
        keep_node(transaction_, level, position, hash);
    });
    transaction_.run("UPDATE audit_tree SET size = ?1, peaks = ?2 WHERE id = 1",
                     static_cast<std::int64_t>(tree_.size()), tree_.encode());
}

TreeHash AuditTree::leaf(std::uint64_t index) const {
    auto row = transaction_.query("SELECT hash FROM audit WHERE id = ?1", static_cast<std::int64_t>(index) + 1);
    const std::string what = "entry " + std::to_string(index);
    if (!row->step()) throw damaged(what + " is missing");
    return hash_from(row->blob(0), what);
}

TreeHash AuditTree::kept_node(int level, std::uint64_t position) const {
    auto row = transaction_.query("SELECT hash FROM audit_nodes WHERE level = ?1 AND position = ?2",
                                  std::int64_t{level}, static_cast<std::int64_t>(position));
    const std::string what = "node " + std::to_string(position) + " of level " + std::to_string(level);
    if (!row->step()) throw damaged(what + " is missing");
    return hash_from(row->blob(0), what);
}

// Cut into the largest complete trees whose roots are kept, from the left to the right.
TreeHash AuditTree::hash_of(EntryRange range) const {
    GrowingTree tree;  // of the range alone, which begins at a multiple of any complete tree in it
    for (auto at = range.begin; at < range.end;) {
        int level = 0;
        const auto fits = [&](int wanted) {
            const auto width = std::uint64_t{1} << wanted;
            return at % width == 0 && at + width <= range.end;
        };
        while (level + k_kept_levels < 63 && fits(level + k_kept_levels)) level += k_kept_levels;
        tree.append_complete(level, level == 0 ? leaf(at) : kept_node(level, at >> level));
        at += std::uint64_t{1} << level;
    }
    return tree.root();
}

TreeHash AuditTree::root_at(std::uint64_t size) const { return hash_of({0, size}); }

std::vector<TreeHash> AuditTree::inclusion_path(std::uint64_t index, std::uint64_t size) const {
    std::vector<TreeHash> path;
    for (const auto range : inclusion_ranges(index, size)) path.push_back(hash_of(range));
    return path;
}

void plant_audit_tree(Transaction& transaction) {
    constexpr std::int64_t k_step = 1000;
    transaction.run("INSERT INTO audit_tree (id, size, peaks) VALUES (1, 0, ?1)", base::ByteView{});
    GrowingTree tree;
    for (std::int64_t last = 0;;) {
        std::vector<std::pair<std::int64_t, AuditRecord>> rows;
        {
            auto row = transaction.query("SELECT " AUDIT_COLUMNS " FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2", last,
                                         k_step);
            while (row->step()) rows.emplace_back(row->integer(0), read_audit_columns(*row));
        }
        if (rows.empty()) break;
        for (const auto& [id, record] : rows) {
            const auto leaf = leaf_hash(base::bytes_of(audit_line(tree.size(), record)));
            transaction.run("UPDATE audit SET id = ?2, names = ?3, hash = ?4 WHERE id = ?1", id,
                            static_cast<std::int64_t>(tree.size()) + 1, list_to_text(record.names),
                            base::ByteView(leaf));
            tree.append(leaf, [&](int level, std::uint64_t position, const TreeHash& hash) {
                keep_node(transaction, level, position, hash);
            });
        }
        last = rows.back().first;
    }
    transaction.run("UPDATE audit_tree SET size = ?1, peaks = ?2 WHERE id = 1", static_cast<std::int64_t>(tree.size()),
                    tree.encode());
}

}  // namespace signet::store
