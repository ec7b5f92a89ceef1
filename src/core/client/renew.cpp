#include "client/renew.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "client/renewal_due.h"
#include "client/server_limit.h"
#include "x509/revocation_reason.h"

namespace signet::client {
namespace {

using base::Error;
using base::Kind;

constexpr base::Duration k_pause = std::chrono::minutes(1);

x509::Certificate leaf_there(const base::Path& directory) {
    const auto there = deliver::installed(directory);
    if (there) return there->chain.front();
    throw Error(Kind::not_found, "there is no certificate in " + directory.string(),
                "get one there first: signet issue or signet fetch with --out " + directory.string());
}

// Asks the CA unless it said not to before a time that is not far off: a clock that was wrong must not silence it.
void update_advice(RenewalState& state, const RenewalRecord& record, const x509::Certificate& leaf,
                   const FetchSeams& seams) {
    const auto now = seams.clock.now();
    if (still_ahead(state.ask_after, now)) return;
    if (const auto advice = ask_advice(record, leaf, seams)) {
        state.advice = advice->window;
        state.ask_after = advice->ask_after;
    }
}

void refuse_unknown(const base::Path& directory) {
    throw Error(Kind::not_found, "nothing is known of how " + directory.string() + " was made",
                "renew what signet issue or signet fetch has saved, with the store it was issued from");
}

// A cron job must not undo what an operator has revoked, and a key that has leaked is not certified again at all.
void check_not_revoked(const x509::Certificate& leaf, const RenewOptions& options, store::Store& store) {
    const auto known = revocation_of(store, leaf);
    if (!known) return;
    const std::string what = "the certificate " + known->serial + " was revoked at " +
                             base::format_time(base::from_unix(*known->revoked_at));
    if (!options.force) throw Error(Kind::refused, what, "if it is to be replaced: signet renew --force");
    if (options.reuse_key && known->revocation_reason == x509::k_key_compromise)
        throw Error(Kind::refused, what + " because its key has leaked", "leave out --reuse-key");
}

Enrolled renew_over_acme(const RenewalRecord& record, const RenewOptions& options, const FetchSeams& seams,
                         Renewed& result) {
    auto fetched =
        fetch(result.directory, record, {"", result.leaf, options.reuse_key, options.hooks, options.force}, seams);
    result.activation = std::move(fetched.activation);
    return std::move(fetched.enrolled);
}

Enrolled renew_here(LocalRequest request, const RenewOptions& options, LocalCa& ca, const FetchSeams& seams,
                    Renewed& result) {
    request.reuse_key = options.reuse_key;
    auto local = enroll_locally(result.directory, request, ca, seams.clock.now(), true, options.hooks);
    result.activation = std::move(local.activation);
    return std::move(local.enrolled);
}

std::string dry_run(const base::Path& directory, const std::optional<RenewalRecord>& record,
                    const std::optional<LocalRequest>& request, const OpenLocalCa& local, const FetchSeams& seams) {
    if (record) return check_server(directory, *record, seams);
    auto refusals = preview_locally(*request, local());
    if (!refusals.empty()) throw ca::refusal_error(ca::find_profile(local().profiles, request->profile), refusals);
    return {};
}

bool backing_off(const RenewalState& state, const RenewOptions& options, base::Time now) {
    if (options.by_name || options.force || options.dry_run) return false;
    return still_ahead(state.retry_after, now).has_value();
}

// What is remembered for the next run is a service, and no reason for this one to fail.
void remember(const base::Path& directory, const RenewalState& state) {
    try {
        save_renewal_state(directory, state);
    } catch (const Error& error) {
        base::log(base::Level::info, "no notes for the next renewal", {{"reason", error.message()}});
    }
}

// What is known of a directory, one renewal long.
struct Lineage {
    const base::Path& directory;
    x509::Certificate leaf;
    std::optional<RenewalRecord> record;
    std::optional<LocalRequest> request;
    RenewalState state;
};

Lineage look_up(const base::Path& directory, const OpenLocalCa& local) {
    auto leaf = leaf_there(directory);
    Lineage lineage{directory, leaf, load_renewal_record(directory), {}, {}};
    if (!lineage.record) {
        lineage.request = recorded_request(local().store, directory);
        if (!lineage.request) refuse_unknown(directory);
    }
    lineage.state = load_renewal_state(directory, leaf.serial_hex());
    return lineage;
}

void replace(Lineage& lineage, const RenewOptions& options, const OpenLocalCa& local, const FetchSeams& seams,
             Renewed& result) {
    std::optional<Enrolled> enrolled;
    try {
        enrolled = lineage.record ? renew_over_acme(*lineage.record, options, seams, result)
                                  : renew_here(std::move(*lineage.request), options, local(), seams, result);
    } catch (const Error& error) {
        count_failure(lineage.state, error, seams.clock.now(), lineage.leaf.not_after());
        remember(lineage.directory, lineage.state);
        throw;
    }
    forget_renewal_state(lineage.directory);
    result.changed = true;
    if (lineage.record) result.record = load_renewal_record(lineage.directory);
    result.leaf = enrolled->leaf;
    result.due = due_by_lifetime(enrolled->leaf, {.jitter = options.jitter});
    result.ask_after.reset();
    result.old_serial = std::move(enrolled->old_serial);
    result.files = std::move(enrolled->files);
    for (auto& note : enrolled->notes) result.notes.push_back(std::move(note));
}

}  // namespace

Renewed renew(const base::Path& directory, const RenewOptions& options, const OpenLocalCa& local,
              const FetchSeams& seams) {
    const auto before_lock = leaf_there(directory);  // no lock file in a directory that is none of ours
    deliver::check_ownership(directory);
    const auto lock = deliver::lock_directory(directory);
    auto lineage = look_up(directory, local);
    const auto now = seams.clock.now();
    const auto& leaf = lineage.leaf;
    const bool ask = lineage.record && !options.force && now < latest_renewal(leaf);
    if (ask) {
        const auto known = lineage.state.ask_after;
        update_advice(lineage.state, *lineage.record, leaf, seams);
        if (!options.dry_run && lineage.state.ask_after != known) remember(directory, lineage.state);
    }
    auto when = lineage.record ? due_over_acme(leaf, options, ask ? lineage.state : RenewalState{})
                               : due_in_process(leaf, options, local().store);
    Renewed result{.directory = directory, .leaf = leaf, .due = when.at, .ask_after = when.ask_after};
    if (!when.note.empty()) result.notes.push_back(std::move(when.note));
    result.record = lineage.record;
    const bool done_by_another = options.force && leaf.serial_hex() != before_lock.serial_hex();
    if (done_by_another || (!options.force && now < result.due)) return result;
    if (!lineage.record) check_not_revoked(leaf, options, local().store);
    if (backing_off(lineage.state, options, now)) throw waiting_error(lineage.state);
    if (lineage.record && !options.force && !options.dry_run) check_limit(directory, lineage.record->server, now);
    if (options.dry_run) {
        auto note = dry_run(directory, lineage.record, lineage.request, local, seams);
        if (!note.empty()) result.notes.push_back(std::move(note));
        result.would_change = true;
        return result;
    }
    replace(lineage, options, local, seams, result);
    return result;
}

base::Time next_try(const base::Path& directory, base::Time now) {
    try {
        const auto leaf = leaf_there(directory);
        const auto state = load_renewal_state(directory, leaf.serial_hex());
        const auto soon = std::clamp<base::Duration>((leaf.not_after() - now) / 12, std::chrono::seconds(1), k_pause);
        const auto limit = server_limit(directory, now);
        return std::max({now + soon, still_ahead(state.retry_after, now).value_or(now), limit ? limit->until : now});
    } catch (const Error&) {
        return now + k_pause;  // nothing there yet, or damaged
    }
}

}  // namespace signet::client
