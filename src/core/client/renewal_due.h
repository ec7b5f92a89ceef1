#pragma once

#include <optional>
#include <string>

#include "client/renew.h"
#include "client/renewal_state.h"
#include "store/records.h"
#include "store/store.h"

namespace signet::client {

/// When `renew` finds a certificate due, and what the CA says about it.
struct Due {
    base::Time at;
    std::string note;                     // where the CA explains its window; may be empty
    std::optional<base::Time> ask_after;  // from when on the CA may be asked again
};

/// Advice may put a renewal off to this moment, into the last tenth of the lifetime; from then on none counts.
base::Time latest_renewal(const x509::Certificate& leaf);
/// By its lifetime alone, put off by its own share of the jitter.
base::Time due_by_lifetime(const x509::Certificate& leaf, const RenewOptions& options);
/// By the advice in `state` (RFC 9773), else by lifetime.
Due due_over_acme(const x509::Certificate& leaf, const RenewOptions& options, const RenewalState& state);
/// By lifetime, or earlier when the CA of `store` that signed it is a former one or compromised.
Due due_in_process(const x509::Certificate& leaf, const RenewOptions& options, store::Store& store);

/// The store's record of a certificate that it revoked, and that is therefore not renewed in process without --force;
/// one that was revoked because of the CA is none.
std::optional<store::CertificateRecord> revocation_of(store::Store& store, const x509::Certificate& leaf);

/// What a run of `renew` without options does with a directory.
struct Forecast {
    base::Time due;
    std::string server = {};  // asked over ACME; empty: renewed in process
    bool refused = false;     // when it is due, since it was revoked
};

/// Asks nobody: where a run at `now` would ask the CA, what it said last counts, or for a certificate that `store`
/// knows, what a server of that store says. nullopt when nothing is known of how `leaf`, which stands in `directory`
/// (canonical), was made. `store` may be null. Throws as load_renewal_record does, and for a store that is damaged.
std::optional<Forecast> forecast(const base::Path& directory, const x509::Certificate& leaf, store::Store* store,
                                 base::Time now);

}  // namespace signet::client
