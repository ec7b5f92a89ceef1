#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

// The queue of events that somebody wants to hear of. The acts themselves stand in the audit log, written in the very
// transaction of each act: what is new there is taken into the queue by whoever delivers, one process at a time.

struct AuditRow {
    std::int64_t id;
    AuditRecord record;
};
/// What was recorded after `id`, in order.
std::vector<AuditRow> audit_after(Transaction& transaction, std::int64_t id, int most);

/// How far the audit log was taken into the queue; nullopt: nobody wants to hear anything yet.
std::optional<std::int64_t> notify_position(Transaction& transaction);
void set_notify_position(Transaction& transaction, std::int64_t id);
/// From now on what is done is to be told: sets the position at the log's end, unless there is one.
void begin_notifying(Transaction& transaction);
/// Nobody wants to hear anything any more: what happens from now on is never told. What waits goes on waiting.
void end_notifying(Transaction& transaction);

struct Notification {
    std::int64_t id = 0;   // its place in the queue; 0 before it has one
    std::string event_id;  // unique among those that wait
    std::string kind;      // "issued"
    std::string subject;   // what is told in order: the serial of a certificate
    std::string body;      // JSON
    std::int64_t created_at = 0;
    int attempts = 0;
    std::int64_t next_at = 0;
};
/// Nothing when one of that event_id is there.
void insert_notification(Transaction& transaction, const Notification& notification);
/// The first of each subject's line, of those that are due, in the order they came.
std::vector<Notification> due_notifications(Transaction& transaction, std::int64_t now, int most);
void drop_notification(Transaction& transaction, std::int64_t id);  // it was delivered
void postpone_notification(Transaction& transaction, std::int64_t id, std::int64_t next_at, std::string_view error);
/// It stays, for people to see, and the next one of its subject has its turn.
void give_up_notification(Transaction& transaction, std::int64_t id, std::int64_t now, std::string_view error);
/// All that wait are due at `now`.
void hasten_notifications(Transaction& transaction, std::int64_t now);
/// Those given up before that time go, `most` at a time.
void sweep_notifications(Transaction& transaction, std::int64_t given_up_before, int most);

struct NotificationCounts {
    std::int64_t waiting = 0, given_up = 0;
    std::optional<std::int64_t> oldest_at;      // of those that wait
    std::optional<std::int64_t> given_up_last;  // when
    std::string error;                          // the last one known
};
NotificationCounts count_notifications(Transaction& transaction);

/// What was told of an end that nears, of things that are no rows of the inventory. False when that was told before.
bool tell_once(Transaction& transaction, std::string_view subject, std::string_view level, std::int64_t now);

}  // namespace signet::store
