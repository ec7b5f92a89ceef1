#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

/// Appends within the very transaction of the act it records: both are there, or neither. The entry gets its number
/// and becomes a leaf of the audit tree (audit_tree.h). Bytes that are no UTF-8 become '?'. Throws corrupt when the
/// tree cannot go on, because somebody else wrote into its tables: then no act that must be recorded is done.
void append_audit(Transaction& transaction, const AuditRecord& record);

/// The entry as one line of JSON without spaces, members always the same and in this order: index, at (RFC 3339, UTC),
/// action, actor, address, serial, account, profile (null where absent), names (an array), detail. Escaped are only
/// '"', '\' and what is below U+0020, as \b \f \n \r \t or \u00XX in lower case. These bytes are what the tree hashes.
std::string audit_line(std::uint64_t index, const AuditRecord& record);

/// What `audit` shows. All that is set must hold.
struct AuditFilter {
    std::optional<std::int64_t> since{};  // seconds since the epoch
    std::optional<std::string> action{};  // "certificate.issued", or "certificate" for all that begin with it and a dot
    std::optional<std::string> account{}, serial{};
    std::function<bool(std::string_view name)> name_matches{};
};

struct AuditEntry {
    std::uint64_t index;
    AuditRecord record;
};

/// Walks the log in its order, in steps, each a short read of its own. What is appended meanwhile is seen, and next()
/// may be asked again after the end.
class AuditLog {
public:
    explicit AuditLog(AuditFilter filter) : filter_(std::move(filter)) {}
    /// From this entry on, whatever its time.
    AuditLog(AuditFilter filter, std::uint64_t first)
        : filter_(std::move(filter)), id_(static_cast<std::int64_t>(first)) {}
    /// Looks at the next `most` entries and returns those that are wanted. None does not mean that the end is reached.
    std::vector<AuditEntry> next(Transaction& transaction, int most);
    bool at_end() const { return at_end_; }

private:
    bool wanted(const AuditRecord& record) const;
    std::int64_t first_id(Transaction& transaction) const;

    AuditFilter filter_;
    std::optional<std::int64_t> id_;  // of the last row
    bool at_end_ = false;
};

/// The first entry about this certificate with this action; with an empty action, the first of all. Made at one of
/// `times` it is found at once, else by going through the log.
std::optional<AuditEntry> find_audit(Transaction& transaction, std::string_view serial, std::string_view action,
                                     const std::vector<std::int64_t>& times);

}  // namespace signet::store
