#include "store/notifications.h"

#include <charconv>

#include "store/columns.h"
#include "store/meta.h"

namespace signet::store {

namespace {

constexpr std::string_view k_position = "notify_position";

std::int64_t last_audit(Transaction& transaction) {
    auto row = transaction.query("SELECT max(id) FROM audit");
    return row->step() && !row->is_null(0) ? row->integer(0) : 0;
}

}  // namespace

std::vector<AuditRow> audit_after(Transaction& transaction, std::int64_t id, int most) {
    auto row = transaction.query(
        "SELECT id, at, action, actor, address, serial, account_id, profile, names, detail FROM audit WHERE id > ?1"
        " ORDER BY id LIMIT ?2",
        id, std::int64_t{most});
    std::vector<AuditRow> rows;
    while (row->step())
        rows.push_back({row->integer(0),
                        {row->integer(1), row->text(2), row->text(3), row->text(4), text_if_there(*row, 5),
                         text_if_there(*row, 6), text_if_there(*row, 7), text_to_list(row->text(8)), row->text(9)}});
    return rows;
}

std::optional<std::int64_t> notify_position(Transaction& transaction) {
    const auto value = get_meta(transaction, k_position);
    if (!value) return std::nullopt;
    const std::string text = base::to_text(*value);
    std::int64_t id = 0;
    std::from_chars(text.data(), text.data() + text.size(), id);
    return id;
}

void set_notify_position(Transaction& transaction, std::int64_t id) {
    put_meta(transaction, k_position, base::bytes_of(std::to_string(id)));
}

void begin_notifying(Transaction& transaction) {
    if (!notify_position(transaction)) set_notify_position(transaction, last_audit(transaction));
}

void end_notifying(Transaction& transaction) { erase_meta(transaction, k_position); }

void insert_notification(Transaction& transaction, const Notification& notification) {
    transaction.run(
        "INSERT INTO notifications (event_id, kind, subject, body, created_at, attempts, next_at, error)"
        " VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, '') ON CONFLICT (event_id) DO NOTHING",
        notification.event_id, notification.kind, notification.subject, notification.body, notification.created_at,
        notification.next_at);
}

std::vector<Notification> due_notifications(Transaction& transaction, std::int64_t now, int most) {
    auto row = transaction.query(
        "SELECT id, event_id, kind, subject, body, created_at, attempts, next_at FROM notifications n"
        " WHERE given_up_at IS NULL AND next_at <= ?1 AND NOT EXISTS (SELECT 1 FROM notifications e"
        " WHERE e.subject = n.subject AND e.id < n.id AND e.given_up_at IS NULL) ORDER BY id LIMIT ?2",
        now, std::int64_t{most});
    std::vector<Notification> due;
    while (row->step())
        due.push_back({row->integer(0), row->text(1), row->text(2), row->text(3), row->text(4), row->integer(5),
                       static_cast<int>(row->integer(6)), row->integer(7)});
    return due;
}

void drop_notification(Transaction& transaction, std::int64_t id) {
    transaction.run("DELETE FROM notifications WHERE id = ?1", id);
}

void postpone_notification(Transaction& transaction, std::int64_t id, std::int64_t next_at, std::string_view error) {
    transaction.run("UPDATE notifications SET attempts = attempts + 1, next_at = ?2, error = ?3 WHERE id = ?1", id,
                    next_at, error);
}

void give_up_notification(Transaction& transaction, std::int64_t id, std::int64_t now, std::string_view error) {
    transaction.run("UPDATE notifications SET attempts = attempts + 1, given_up_at = ?2, error = ?3 WHERE id = ?1", id,
                    now, error);
}

void hasten_notifications(Transaction& transaction, std::int64_t now) {
    transaction.run("UPDATE notifications SET next_at = ?1 WHERE given_up_at IS NULL AND next_at > ?1", now);
}

void sweep_notifications(Transaction& transaction, std::int64_t given_up_before, int most) {
    transaction.run(
        "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE given_up_at < ?1 LIMIT ?2)",
        given_up_before, std::int64_t{most});
}

NotificationCounts count_notifications(Transaction& transaction) {
    NotificationCounts counts;
    auto waiting = transaction.query("SELECT count(*), min(created_at) FROM notifications WHERE given_up_at IS NULL");
    if (waiting->step()) {
        counts.waiting = waiting->integer(0);
        counts.oldest_at = integer_if_there(*waiting, 1);
    }
    auto ended =
        transaction.query("SELECT count(*), max(given_up_at) FROM notifications WHERE given_up_at IS NOT NULL");
    if (ended->step()) {
        counts.given_up = ended->integer(0);
        counts.given_up_last = integer_if_there(*ended, 1);
    }
    auto error = transaction.query("SELECT error FROM notifications WHERE error <> '' ORDER BY id DESC LIMIT 1");
    if (error->step()) counts.error = error->text(0);
    return counts;
}

bool tell_once(Transaction& transaction, std::string_view subject, std::string_view level, std::int64_t now) {
    return transaction.run(
               "INSERT INTO ends_told (subject, level, at) VALUES (?1, ?2, ?3) ON CONFLICT (subject) DO UPDATE"
               " SET level = ?2, at = ?3 WHERE ends_told.level <> ?2",
               subject, level, now) == 1;
}

}  // namespace signet::store
