#include "store/audit_check.h"

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "store/audit.h"
#include "store/audit_columns.h"
#include "store/audit_tree.h"
#include "store/crls.h"

namespace signet::store {

namespace {

constexpr int k_step = 5000;

bool equals(const TreeHash& hash, const base::Bytes& bytes) {
    return std::equal(hash.begin(), hash.end(), bytes.begin(), bytes.end());
}

std::string range_text(EntryRange range) {
    if (range.end - range.begin == 1) return "entry " + std::to_string(range.begin);
    return "entries " + std::to_string(range.begin) + " to " + std::to_string(range.end - 1);
}

class Check {
public:
    Check(Store& store, const std::optional<KnownTree>& known) : store_(store), known_(known) {}

    AuditFinding run() {
        if (read_state()) {
            for (bool more = true; more && !finding_.fault;)
                store_.read([&](Transaction& transaction) { more = step(transaction); });
            if (!finding_.fault) end();
        }
        finding_.root = tree_.root();
        return std::move(finding_);
    }

private:
    void blame(std::uint64_t entry, std::string what) {
        if (!finding_.fault || entry < finding_.fault->entry) finding_.fault = {entry, std::move(what)};
    }

    bool read_state() {
        try {
            state_ = store_.query([](Transaction& transaction) { return AuditTree(transaction).state(); });
        } catch (const base::Error& error) {
            if (error.kind() != base::Kind::corrupt) throw;
            blame(0, "the tree over the log is not there, or none");
            return false;
        }
        finding_.size = state_.size();
        if (known_ && known_->size > finding_.size) finding_.size = known_->size;
        return true;
    }

    /// Some rows more; false at the end of those that the tree stands over.
    bool step(Transaction& transaction) {
        auto row = transaction.query("SELECT " AUDIT_COLUMNS
                                     ", hash FROM audit WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
                                     last_id_, static_cast<std::int64_t>(state_.size()), k_step);
        int rows = 0;
        for (; row->step(); ++rows) {
            last_id_ = row->integer(0);
            if (!look(transaction, *row)) return false;
        }
        return rows == k_step;
    }

    /// False when there is no going on.
    bool look(Transaction& transaction, Statement& row) {
        const auto index = tree_.size();
        if (last_id_ < 1) return blame(0, "was changed or moved"), false;
        if (static_cast<std::uint64_t>(last_id_) != index + 1) return blame(index, "is missing"), false;
        const auto record = read_audit_columns(row);
        const auto leaf = leaf_hash(base::bytes_of(audit_line(index, record)));
        const auto names_column = 8, hash_column = 10;
        // Another text for the same list of names would not change the line.
        if (!equals(leaf, row.blob(hash_column)) || row.text(names_column) != list_to_text(record.names)) {
            blame(index, "was changed or moved");
            return false;
        }
        tree_.append(leaf, [&](int level, std::uint64_t position, const TreeHash& hash) {
            compare_kept(transaction, level, position, hash);
        });
        if (known_ && tree_.size() == known_->size) compare_known();
        if (record.action == "certificate.revoked" && record.serial)
            compare_inventory(transaction, index, *record.serial);
        return !finding_.fault;
    }

    void compare_kept(Transaction& transaction, int level, std::uint64_t position, const TreeHash& hash) {
        if (level % k_kept_levels != 0) return;
        auto row = transaction.query("SELECT hash FROM audit_nodes WHERE level = ?1 AND position = ?2",
                                     std::int64_t{level}, static_cast<std::int64_t>(position));
        if (row->step() && equals(hash, row->blob(0))) return;
        const EntryRange range{position << level, (position + 1) << level};
        blame(range.begin, "or another of " + range_text(range) + " was changed together with its hash");
    }

    /// Nothing takes a revocation back: a row that says so was changed by others.
    void compare_inventory(Transaction& transaction, std::uint64_t index, const std::string& serial) {
        const auto status = find_status(transaction, serial);
        if (status && !status->revoked_at)
            blame(index, "says that the certificate " + serial + " was revoked, and its row in the inventory does not");
    }

    void compare_known() {
        compared_ = true;
        if (tree_.root() == known_->root) return;
        const EntryRange range{0, known_->size};
        blame(0, "or another of " + range_text(range) + " is not the one that the checkpoint is about");
    }

    void end() {
        if (known_ && known_->size == 0) compared_ = true;
        if (tree_.size() < state_.size()) blame(tree_.size(), "is missing");
        if (!finding_.fault) compare_peaks();
        if (!finding_.fault && known_ && !compared_)
            blame(tree_.size(), "is missing: the checkpoint is about " + std::to_string(known_->size) + " entries");
        if (!finding_.fault) look_behind();
    }

    void compare_peaks() {
        std::uint64_t begin = 0;
        for (std::size_t i = 0; i < state_.peaks().size(); ++i) {
            const auto rest = state_.size() - begin;
            const EntryRange range{begin, begin + std::bit_floor(rest)};
            if (state_.peaks()[i] != tree_.peaks()[i])
                return blame(begin, range.end - range.begin == 1
                                        ? "was changed together with its hash"
                                        : "or another of " + range_text(range) + " was changed together with its hash");
            begin = range.end;
        }
    }

    /// Rows that no tree has a leaf for. A server may have appended some more meanwhile, with their leafs.
    void look_behind() {
        store_.read([&](Transaction& transaction) {
            const auto size = static_cast<std::int64_t>(AuditTree(transaction).size());
            auto row = transaction.query("SELECT min(id) FROM audit WHERE id > ?1 OR id < 1", size);
            if (row->step() && !row->is_null(0))
                blame(static_cast<std::uint64_t>(std::max<std::int64_t>(row->integer(0), 1) - 1),
                      "was not written by signet");
        });
    }

    Store& store_;
    const std::optional<KnownTree>& known_;
    AuditFinding finding_;
    GrowingTree state_;  // what the store says
    GrowingTree tree_;   // what is there
    std::int64_t last_id_ = INT64_MIN;
    bool compared_ = false;
};

}  // namespace

AuditFinding check_audit(Store& store, const std::optional<KnownTree>& known) { return Check(store, known).run(); }

}  // namespace signet::store
