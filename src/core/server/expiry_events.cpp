#include "server/expiry_events.h"

#include "base/error.h"
#include "ca/authority_files.h"
#include "ca/expiry_limits.h"
#include "ca/policy.h"
#include "server/events.h"
#include "store/expiry_watch.h"
#include "store/notifications.h"

namespace signet::server {

namespace {

constexpr int k_step = 500;
constexpr int k_steps = 10;  // of a round
constexpr auto k_moment = std::chrono::seconds(1);

/// CAs are looked at by themselves, and what the server and its responder make for themselves, they make anew.
bool is_watched(const store::InventoryEnd& end, std::int64_t now) {
    return !end.revoked && end.not_after >= now && end.profile != ca::k_responder_profile && end.profile != "root" &&
           end.profile != "issuing";
}

std::int64_t critical_from(base::Time not_before, base::Time not_after) {
    const auto limits = ca::usual_expiry_limits(not_after - not_before + k_moment);
    return base::to_unix(not_after - limits.crit + k_moment);
}

std::int64_t warning_from(base::Time not_before, base::Time not_after) {
    const auto limits = ca::usual_expiry_limits(not_after - not_before + k_moment);
    return base::to_unix(not_after - limits.warn + k_moment);
}

bool watch_new(store::Store& store, base::Time now) {
    const auto ends =
        store.query([](store::Transaction& transaction) { return store::ends_not_watched(transaction, k_step); });
    if (ends.empty()) return false;
    store.write([&](store::Transaction& transaction) {
        for (const auto& end : ends) {
            if (!is_watched(end, base::to_unix(now))) continue;
            const auto from = warning_from(base::from_unix(end.not_before), base::from_unix(end.not_after));
            store::insert_watch(transaction, {from, end.id});
        }
        store::passed(transaction, ends.back().id);
    });
    return ends.size() == k_step;
}

void look_at(store::Transaction& transaction, const store::Watch& watch, base::Time now) {
    store::remove_watch(transaction, watch);
    const auto record = store::certificate_at(transaction, watch.certificate);
    if (!record || record->revoked_at || store::has_successor(transaction, watch.certificate, *record)) return;
    const auto not_before = base::from_unix(record->not_before), not_after = base::from_unix(record->not_after);
    const auto level = expiry_level(not_before, not_after, now);
    if (level.empty())
        return store::insert_watch(transaction, {warning_from(not_before, not_after), watch.certificate});
    store::insert_notification(transaction, expiring_event(*record, level, now));
    if (level == "warning") store::insert_watch(transaction, {critical_from(not_before, not_after), watch.certificate});
}

bool look_at_due(store::Store& store, base::Time now) {
    const auto due = store.query(
        [&](store::Transaction& transaction) { return store::due_watches(transaction, base::to_unix(now), k_step); });
    if (due.empty()) return false;
    store.write([&](store::Transaction& transaction) {
        for (const auto& watch : due) look_at(transaction, watch, now);
    });
    return due.size() == k_step;
}

void tell_of_ca(store::Transaction& transaction, const std::string& authority, std::string_view role,
                const x509::Certificate& certificate, base::Time now) {
    const auto level = expiry_level(certificate.not_before(), certificate.not_after(), now);
    if (level.empty()) return;
    if (store::tell_once(transaction, "ca " + certificate.fingerprint_sha256(), level, base::to_unix(now)))
        store::insert_notification(transaction, ca_expiring_event(authority, role, certificate, level, now));
}

void tell_of_authorities(store::Store& store, base::Time now) {
    for (const auto& name : ca::authority_names(store.layout())) {
        const auto files = ca::read_authority_files(store.layout(), name);
        store.write([&](store::Transaction& transaction) {
            const auto tell = [&](std::string_view role, const x509::Certificate& certificate) {
                tell_of_ca(transaction, name, role, certificate, now);
            };
            tell("root", files.root);
            if (files.issuing) tell("issuing", *files.issuing);
            for (const auto& certificate : files.between) tell("intermediate", certificate);
            for (const auto& foreign : files.trusted) tell("anchor", foreign.certificate);
        });
    }
}

std::optional<x509::Certificate> read(const base::Bytes& der) {
    try {
        return x509::Certificate::from_der(der);
    } catch (const base::Error& error) {
        if (error.kind() != base::Kind::malformed) throw;
        return std::nullopt;  // a row that somebody changed: `audit verify` names it
    }
}

/// CAs that ours have signed for others. A level begins a month before the end at most.
void tell_of_subordinates(store::Store& store, base::Time now) {
    constexpr auto k_most_before = std::chrono::days(31), k_after = std::chrono::days(31);
    store::SubordinatePlace place{base::to_unix(now - k_after)};
    std::vector<store::CertificateRecord> ending;
    do {
        ending = store.query([&](store::Transaction& transaction) {
            return store::subordinates_ending(transaction, place, base::to_unix(now + k_most_before), k_step);
        });
        if (ending.empty()) return;
        store.write([&](store::Transaction& transaction) {
            for (const auto& record : ending)
                if (const auto certificate = read(record.der))
                    tell_of_ca(transaction, record.authority, "subordinate", *certificate, now);
        });
    } while (ending.size() == k_step);
}

}  // namespace

bool collect_ends(store::Store& store, const NotifySettings& settings, base::Time now) {
    bool more = false;
    if (settings.wants("expiring")) {
        for (int step = 0; step < k_steps && (more = watch_new(store, now)); ++step) {
        }
        for (int step = 0; step < k_steps && look_at_due(store, now); ++step) {
        }
    }
    if (settings.wants("ca_expiring")) {
        tell_of_authorities(store, now);
        tell_of_subordinates(store, now);
    }
    return more;
}

void collect_end(store::Store& store, const x509::Certificate& certificate, const std::string& target, base::Time now) {
    const auto level = expiry_level(certificate.not_before(), certificate.not_after(), now);
    if (level.empty()) return;
    store.write([&](store::Transaction& transaction) {
        if (store::tell_once(transaction, certificate.fingerprint_sha256(), level, base::to_unix(now)))
            store::insert_notification(transaction, expiring_event(certificate, target, level, now));
    });
}

}  // namespace signet::server
