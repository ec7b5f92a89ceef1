#include "server/notifier.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "server/events.h"
#include "server/expiry_events.h"
#include "store/certificates.h"
#include "store/notifications.h"

namespace signet::server {

namespace {

using namespace std::chrono_literals;

constexpr int k_step = 200;               // entries of the audit log taken at once
constexpr std::int64_t k_queue = 10'000;  // while as many wait, the rest stays in the audit log
constexpr int k_at_once = 20;             // delivered between two looks at the queue
constexpr int k_failures = 3;             // in a row, then the receiver is left in peace until the next round
constexpr base::Duration k_longest_pause = 60s;
constexpr base::Duration k_given_up_after = std::chrono::days(3);  // then it is given up
constexpr base::Duration k_keep = std::chrono::days(7);            // and shown in `status`
constexpr base::Duration k_ends_interval = 10s;

base::Duration pause_after(int attempts) {
    return std::min<base::Duration>(k_longest_pause, std::chrono::seconds(1LL << std::min(attempts, 10)));
}

}  // namespace

void begin_notifying(store::Store& store, const NotifySettings& settings) {
    if (!settings.configured()) return;
    const bool begun =
        store.query([](store::Transaction& transaction) { return store::notify_position(transaction).has_value(); });
    if (!begun) store.write([](store::Transaction& transaction) { store::begin_notifying(transaction); });
}

Notifier::Notifier(store::Store& store, base::Clock& clock, MakeTransport make_transport)
    : store_(store), clock_(clock), delivery_(store, std::move(make_transport)) {}

Notifier::Round Notifier::round(const NotifySettings& settings, std::chrono::milliseconds patience,
                                const std::stop_token& stop) {
    Round result;
    if (!settings.configured()) return result;
    begin_notifying(store_, settings);
    std::optional<base::FileLock> lock;
    try {
        lock.emplace(store_.lock("notify", patience));
    } catch (const base::Error& error) {
        if (error.kind() == base::Kind::store_busy) return result;  // the other one tells
        throw;
    }
    const auto now = clock_.now();
    if (std::exchange(first_, false))
        store_.write([&](store::Transaction& transaction) {
            store::hasten_notifications(transaction, base::to_unix(now));
            store::sweep_notifications(transaction, base::to_unix(now - k_keep), k_step);
        });
    result.more = collect_acts(settings);
    if (now >= look_at_ends_ || now + k_ends_interval < look_at_ends_) {
        result.more |= collect_ends(store_, settings, now);
        look_at_ends_ = now + k_ends_interval;
    }
    failures_ = 0;
    while (!stop.stop_requested() && deliver_due(settings, stop, result)) {
    }
    return result;
}

bool Notifier::collect_acts(const NotifySettings& settings) {
    std::vector<store::Notification> events;
    std::optional<std::int64_t> last;
    std::size_t seen = 0;
    const auto now = clock_.now();
    store_.read([&](store::Transaction& transaction) {
        const auto position = store::notify_position(transaction);
        if (!position || store::count_notifications(transaction).waiting >= k_queue) return;
        for (const auto& row : store::audit_after(transaction, *position, k_step)) {
            ++seen;
            last = row.id;
            if (!settings.wants(event_kind(row.record))) continue;
            std::optional<store::CertificateRecord> certificate;
            if (row.record.serial) certificate = store::find_certificate(transaction, *row.record.serial);
            events.push_back(event_of(row, certificate, now));
        }
    });
    if (!last) return false;
    store_.write([&](store::Transaction& transaction) {
        for (const auto& event : events) store::insert_notification(transaction, event);
        store::set_notify_position(transaction, *last);
    });
    return seen == k_step;
}

/// True when it is worth asking again at once.
bool Notifier::deliver_due(const NotifySettings& settings, const std::stop_token& stop, Round& round) {
    const auto due = store_.query([&](store::Transaction& transaction) {
        return store::due_notifications(transaction, base::to_unix(clock_.now()), k_at_once);
    });
    for (const auto& event : due) {
        if (stop.stop_requested()) return false;
        settle(event, delivery_.deliver(settings, event), round);
        if (failures_ >= k_failures) return false;
    }
    return !due.empty();
}

void Notifier::settle(const store::Notification& event, const std::string& error, Round& round) {
    const auto now = clock_.now();
    if (error.empty()) {
        failures_ = 0;
        ++round.delivered;
        store_.write([&](store::Transaction& transaction) { store::drop_notification(transaction, event.id); });
        return;
    }
    ++failures_;
    ++round.failed;
    const bool last = now - base::from_unix(event.created_at) >= k_given_up_after;
    if (event.attempts == 0 || last)
        base::log(last ? base::Level::error : base::Level::warning,
                  last ? "an event was given up" : "an event could not be delivered; it will be tried again",
                  {{"event", event.event_id}, {"reason", error}});
    store_.write([&](store::Transaction& transaction) {
        if (last) return store::give_up_notification(transaction, event.id, base::to_unix(now), error);
        const auto next = base::to_unix(now + pause_after(event.attempts));
        store::postpone_notification(transaction, event.id, next, error);
    });
}

}  // namespace signet::server
