#include "store/audit.h"

#include <algorithm>

#include "base/time.h"
#include "store/audit_columns.h"
#include "store/audit_tree.h"

namespace signet::store {

namespace {

/// How many bytes the character at the start takes; 0 when it is no UTF-8 (RFC 3629 section 4).
std::size_t character_size(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto within = [&](std::size_t i, unsigned low, unsigned high) { return byte(i) >= low && byte(i) <= high; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (within(0, 0xC2, 0xDF)) return within(1, 0x80, 0xBF) ? 2 : 0;
    if (within(0, 0xE0, 0xEF)) {
        const bool second = within(1, first == 0xE0 ? 0xA0U : 0x80U, first == 0xED ? 0x9FU : 0xBFU);
        return second && within(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (!within(0, 0xF0, 0xF4)) return 0;
    const bool second = within(1, first == 0xF0 ? 0x90U : 0x80U, first == 0xF4 ? 0x8FU : 0xBFU);
    return second && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
}

std::string as_utf8(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const auto size = character_size(text);
        result += size == 0 ? "?" : text.substr(0, size);
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return result;
}

std::optional<std::string> optional_as_utf8(const std::optional<std::string>& text) {
    return text ? std::optional(as_utf8(*text)) : std::nullopt;
}

/// As it stands in the database, so that what is read back gives the same line.
AuditRecord as_stored(const AuditRecord& record) {
    AuditRecord stored{record.at,
                       as_utf8(record.action),
                       as_utf8(record.actor),
                       as_utf8(record.address),
                       optional_as_utf8(record.serial),
                       optional_as_utf8(record.account),
                       optional_as_utf8(record.profile),
                       {},
                       as_utf8(record.detail)};
    for (const auto& name : record.names) stored.names.push_back(as_utf8(name));
    return stored;
}

void add_escape(std::string& line, unsigned char c) {
    constexpr std::string_view k_short = "\b\f\n\r\t\"\\", k_letters = "bfnrt\"\\", k_digits = "0123456789abcdef";
    if (const auto at = k_short.find(static_cast<char>(c)); at != std::string_view::npos) {
        line += {'\\', k_letters[at]};
        return;
    }
    line += "\\u00";
    line += {k_digits[c >> 4], k_digits[c & 15]};
}

void add_text(std::string& line, std::string_view text) {
    line += '"';
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\')
            add_escape(line, static_cast<unsigned char>(c));
        else
            line += c;
    }
    line += '"';
}

void add_member(std::string& line, std::string_view name, std::string_view text) {
    line.append(",\"").append(name).append("\":");
    add_text(line, text);
}

void add_member(std::string& line, std::string_view name, const std::optional<std::string>& text) {
    if (text) return add_member(line, name, std::string_view(*text));
    line.append(",\"").append(name).append("\":null");
}

bool is_wanted(const std::optional<std::string>& wanted, const std::optional<std::string>& is) {
    return !wanted || wanted == is;
}

/// "certificate" stands for "certificate.issued", too.
bool is_action(std::string_view wanted, std::string_view action) {
    return action.starts_with(wanted) && (action.size() == wanted.size() || action[wanted.size()] == '.');
}

}  // namespace

std::string audit_line(std::uint64_t index, const AuditRecord& record) {
    std::string line = "{\"index\":" + std::to_string(index);
    add_member(line, "at", std::string_view(base::format_time(base::from_unix(record.at))));
    add_member(line, "action", std::string_view(record.action));
    add_member(line, "actor", std::string_view(record.actor));
    add_member(line, "address", std::string_view(record.address));
    add_member(line, "serial", record.serial);
    add_member(line, "account", record.account);
    add_member(line, "profile", record.profile);
    line += ",\"names\":[";
    for (std::size_t i = 0; i < record.names.size(); ++i) {
        if (i > 0) line += ',';
        add_text(line, record.names[i]);
    }
    line += ']';
    add_member(line, "detail", std::string_view(record.detail));
    return line + '}';
}

void append_audit(Transaction& transaction, const AuditRecord& given) {
    const AuditRecord record = as_stored(given);
    AuditTree tree(transaction);
    const auto leaf = leaf_hash(base::bytes_of(audit_line(tree.size(), record)));
    const auto id = static_cast<std::int64_t>(tree.size()) + 1;
    const auto added =
        transaction.run("INSERT INTO audit (" AUDIT_COLUMNS
                        ", hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
                        " ON CONFLICT (id) DO NOTHING",
                        id, record.at, record.action, record.actor, record.address, record.serial, record.account,
                        record.profile, list_to_text(record.names), record.detail, base::ByteView(leaf));
    if (added != 1) throw_foreign_audit(id - 1);
    tree.append(leaf);
}

std::int64_t AuditLog::first_id(Transaction& transaction) const {
    if (!filter_.since) return 1;
    // Not where the time is first reached: a clock that was set back makes entries that are earlier than those before.
    auto row = transaction.query("SELECT min(id) FROM audit WHERE at >= ?1", *filter_.since);
    if (row->step() && !row->is_null(0)) return row->integer(0);
    auto last = transaction.query("SELECT max(id) FROM audit");
    return last->step() && !last->is_null(0) ? last->integer(0) + 1 : 1;
}

bool AuditLog::wanted(const AuditRecord& record) const {
    if (filter_.since && record.at < *filter_.since) return false;
    if (filter_.action && !is_action(*filter_.action, record.action)) return false;
    if (!is_wanted(filter_.account, record.account) || !is_wanted(filter_.serial, record.serial)) return false;
    return !filter_.name_matches || std::any_of(record.names.begin(), record.names.end(), filter_.name_matches);
}

std::vector<AuditEntry> AuditLog::next(Transaction& transaction, int most) {
    if (!id_) id_ = first_id(transaction) - 1;
    auto row = transaction.query("SELECT " AUDIT_COLUMNS " FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2", *id_, most);
    std::vector<AuditEntry> found;
    int looked_at = 0;
    for (; row->step(); ++looked_at) {
        id_ = row->integer(0);
        AuditEntry entry{static_cast<std::uint64_t>(*id_ - 1), read_audit_columns(*row)};
        if (wanted(entry.record)) found.push_back(std::move(entry));
    }
    at_end_ = looked_at < most;
    return found;
}

std::optional<AuditEntry> find_audit(Transaction& transaction, std::string_view serial, std::string_view action,
                                     const std::vector<std::int64_t>& times) {
    const auto first_of = [&](Statement& row) -> std::optional<AuditEntry> {
        while (row.step()) {
            AuditEntry entry{static_cast<std::uint64_t>(row.integer(0) - 1), read_audit_columns(row)};
            if (entry.record.serial == serial && (action.empty() || is_action(action, entry.record.action)))
                return entry;
        }
        return std::nullopt;
    };
    for (const auto time : times)
        if (auto found =
                first_of(*transaction.query("SELECT " AUDIT_COLUMNS " FROM audit WHERE at = ?1 ORDER BY id", time)))
            return found;
    return first_of(*transaction.query("SELECT " AUDIT_COLUMNS " FROM audit WHERE serial = ?1 ORDER BY id", serial));
}

}  // namespace signet::store
