#pragma once

#include <functional>
#include <optional>
#include <string>

#include "client/fetch.h"
#include "client/local_enroll.h"
#include "client/renewal.h"

namespace signet::client {

struct RenewOptions {
    std::optional<Before> before;
    bool force = false;
    bool dry_run = false;
    bool reuse_key = false;
    bool by_name = false;     // asked for this very directory: then no back-off holds it up
    base::Duration jitter{};  // the moment by lifetime is put off by a share of this that the certificate decides
    Activation hooks;         // of this run; empty: those that the directory's record names
};

/// What became of one directory.
struct Renewed {
    base::Path directory;
    x509::Certificate leaf;                    // that stands there now
    base::Time due;                            // of that one
    std::optional<base::Time> ask_after = {};  // from when on the CA may be asked for advice again
    bool changed = false;
    bool would_change = false;           // a dry run's "it is due"
    std::string old_serial = {};         // when changed
    std::vector<base::Path> files = {};  // when changed
    std::vector<std::string> notes = {};
    ActivationLock activation = {};
    std::optional<RenewalRecord> record = {};  // when it renews over ACME: how the leaf was got
};

/// Opens this machine's CA at first use; throws when there is none.
using OpenLocalCa = std::function<LocalCa&()>;

/// Renews what stands in `directory` when it is due, under the directory's lock: one that another run has renewed
/// meanwhile is left alone. What `fetch` wrote renews over ACME by its record, what `issue` wrote by the store's.
/// Throws not_found for a directory without a certificate, or one that neither knows.
Renewed renew(const base::Path& directory, const RenewOptions& options, const OpenLocalCa& local,
              const FetchSeams& seams);

/// When a daemon tries again what `renew` could not do: a minute later, sooner for what ends soon, later while backing
/// off.
base::Time next_try(const base::Path& directory, base::Time now);

}  // namespace signet::client
