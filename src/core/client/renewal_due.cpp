#include "client/renewal_due.h"

#include <algorithm>

#include "base/text.h"
#include "ca/renewal_window.h"
#include "ca/revocation.h"
#include "client/local_enroll.h"
#include "client/renewal_record.h"
#include "client/server_limit.h"
#include "crypto/digest.h"
#include "store/certificates.h"

namespace signet::client {
namespace {

std::string explanation(const RenewalWindow& window) {
    const auto& url = window.explanation_url;
    if (!url.starts_with("https://") && !url.starts_with("http://")) return {};
    return "the CA explains its window of renewal at " + base::printable(url, 300);
}

// What the next run knows: it asks the CA unless that said not to yet.
RenewalState expected_state(const base::Path& directory, const x509::Certificate& leaf, store::Store* store,
                            base::Time now) {
    if (now >= latest_renewal(leaf)) return {};
    auto state = load_renewal_state(directory, leaf.serial_hex());
    if (store == nullptr || still_ahead(state.ask_after, now)) return state;
    if (const auto window = ca::advised_window(*store, leaf))
        state.advice = RenewalWindow{base::from_unix(window->start), base::from_unix(window->end), ""};
    return state;
}

}  // namespace

base::Time latest_renewal(const x509::Certificate& leaf) {
    return leaf.not_after() - (leaf.not_after() - leaf.not_before()) / 10;
}

// Spread over a fifth of the time that is left then, and the same at each call.
base::Time due_by_lifetime(const x509::Certificate& leaf, const RenewOptions& options) {
    const auto due = due_at(leaf, options.before);
    const auto widest = std::min<base::Duration>(options.jitter, (leaf.not_after() - due) / 5);
    const auto digest = crypto::sha256(leaf.der());
    const double fraction = (digest[2] * 256.0 + digest[3]) / 65536.0;
    return due + base::Duration(static_cast<base::Duration::rep>(static_cast<double>(widest.count()) * fraction));
}

Due due_over_acme(const x509::Certificate& leaf, const RenewOptions& options, const RenewalState& state) {
    const auto by_lifetime = due_by_lifetime(leaf, options);
    if (!state.advice) return {by_lifetime, {}, {}};
    const auto by_advice = std::min(renewal_time(*state.advice, leaf), latest_renewal(leaf));
    return {options.before ? std::min(by_advice, by_lifetime) : by_advice, explanation(*state.advice), state.ask_after};
}

Due due_in_process(const x509::Certificate& leaf, const RenewOptions& options, store::Store& store) {
    const auto by_lifetime = due_by_lifetime(leaf, options);
    return {std::min(by_lifetime, ca::moves_at(store, leaf).value_or(by_lifetime)), {}, {}};
}

std::optional<store::CertificateRecord> revocation_of(store::Store& store, const x509::Certificate& leaf) {
    auto known = store.query(
        [&](store::Transaction& transaction) { return store::find_certificate(transaction, leaf.serial_hex()); });
    if (!known || known->der != leaf.der() || !known->revoked_at) return {};
    if (known->revocation_reason == ca::k_ca_compromise) return {};  // the CA's fault, and the next one is good
    return known;
}

std::optional<Forecast> forecast(const base::Path& directory, const x509::Certificate& leaf, store::Store* store,
                                 base::Time now) {
    if (const auto record = load_renewal_record(directory))
        return Forecast{due_over_acme(leaf, {}, expected_state(directory, leaf, store, now)).at, record->server};
    if (store == nullptr || !recorded_request(*store, directory)) return std::nullopt;
    return Forecast{due_in_process(leaf, {}, *store).at, "", revocation_of(*store, leaf).has_value()};
}

}  // namespace signet::client
