#include "client/renew.h"

#include <algorithm>

#include "base/error.h"
#include "store/certificates.h"

namespace signet::client {
namespace {

using base::Error;
using base::Kind;

// Renewal information may put it off, but never into the last tenth of the lifetime.
base::Time latest(const x509::Certificate& leaf) {
    return leaf.not_after() - (leaf.not_after() - leaf.not_before()) / 10;
}

x509::Certificate leaf_there(const base::Path& directory) {
    const auto there = deliver::installed(directory);
    if (there) return there->chain.front();
    throw Error(Kind::not_found, "there is no certificate in " + directory.string(),
                "get one there first: signet issue or signet fetch with --out " + directory.string());
}

base::Time due(const x509::Certificate& leaf, const RenewOptions& options, const std::optional<RenewalRecord>& record,
               const FetchSeams& seams) {
    const auto by_lifetime = due_at(leaf, options.before);
    if (!record || options.force || seams.clock.now() >= latest(leaf)) return by_lifetime;
    const auto advised = advised_renewal(*record, leaf, seams);
    if (!advised) return by_lifetime;
    const auto by_advice = std::min(*advised, latest(leaf));
    return options.before ? std::min(by_advice, by_lifetime) : by_advice;
}

void refuse_unknown(const base::Path& directory) {
    throw Error(Kind::not_found, "nothing is known of how " + directory.string() + " was made",
                "renew what signet issue or signet fetch has saved, with the store it was issued from");
}

constexpr int k_key_compromise = 1;  // CRLReason, RFC 5280 section 5.3.1

// A cron job must not undo what an operator has revoked, and a key that has leaked is not certified again at all.
void check_not_revoked(const x509::Certificate& leaf, const RenewOptions& options, store::Store& store) {
    const auto known = store.query(
        [&](store::Transaction& transaction) { return store::find_certificate(transaction, leaf.serial_hex()); });
    if (!known || known->der != leaf.der() || !known->revoked_at) return;
    const std::string what = "the certificate " + known->serial + " was revoked at " +
                             base::format_time(base::from_unix(*known->revoked_at));
    if (!options.force) throw Error(Kind::refused, what, "if it is to be replaced: signet renew --force");
    if (options.reuse_key && known->revocation_reason == k_key_compromise)
        throw Error(Kind::refused, what + " because its key has leaked", "leave out --reuse-key");
}

Enrolled renew_over_acme(const RenewalRecord& record, const RenewOptions& options, const FetchSeams& seams,
                         Renewed& result) {
    auto fetched = fetch(result.directory, record, {"", result.leaf, options.reuse_key, options.hooks}, seams);
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

void dry_run(const std::optional<RenewalRecord>& record, const std::optional<LocalRequest>& request,
             const OpenLocalCa& local, const FetchSeams& seams) {
    if (record) return check_server(*record, seams);
    auto refusals = preview_locally(*request, local());
    if (!refusals.empty()) throw ca::refusal_error(ca::find_profile(local().profiles, request->profile), refusals);
}

}  // namespace

Renewed renew(const base::Path& directory, const RenewOptions& options, const OpenLocalCa& local,
              const FetchSeams& seams) {
    const auto before_lock = leaf_there(directory);  // no lock file in a directory that is none of ours
    deliver::check_ownership(directory);
    const auto lock = deliver::lock_directory(directory);
    const auto leaf = leaf_there(directory);
    auto record = load_renewal_record(directory);
    std::optional<LocalRequest> request;
    if (!record) {
        request = recorded_request(local().store, directory);
        if (!request) refuse_unknown(directory);
    }
    Renewed result{directory, leaf, due(leaf, options, record, seams), false, false, {}, {}, {}, {}, {}};
    if (record) result.acme_profile = record->profile;
    const bool done_by_another = options.force && leaf.serial_hex() != before_lock.serial_hex();
    if (done_by_another || (!options.force && seams.clock.now() < result.due)) return result;
    if (!record) check_not_revoked(leaf, options, local().store);
    if (options.dry_run) {
        dry_run(record, request, local, seams);
        result.would_change = true;
        return result;
    }
    auto enrolled = record ? renew_over_acme(*record, options, seams, result)
                           : renew_here(std::move(*request), options, local(), seams, result);
    result.changed = true;
    result.leaf = enrolled.leaf;
    result.due = due_at(enrolled.leaf, {});
    result.old_serial = std::move(enrolled.old_serial);
    result.files = std::move(enrolled.files);
    result.notes = std::move(enrolled.notes);
    return result;
}

}  // namespace signet::client
