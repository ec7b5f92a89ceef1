#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "client/enroll.h"
#include "client/renewal_information.h"
#include "client/renewal_record.h"
#include "client/trust.h"

namespace signet::client {

/// The outside world, as `fetch` and `renew` need it.
struct FetchSeams {
    MakeTransport make_transport;
    base::Clock& clock;
    base::Duration patience;  // --timeout: for all of it
    Progress progress;
    /// Asks a person to agree to the server's terms; empty where there is nobody to ask.
    std::function<bool(const std::string& url)> ask_about_terms = {};
    std::stop_token stop = {};  // of programs that are run; the clock and the transports have their own
};

/// Why what stands in a directory is not good enough to be kept; nullopt when it is.
std::optional<std::string> reason_to_replace(const base::Path& directory, const RenewalRecord& record, base::Time now);

/// What counts for one run only and is not kept in the record.
struct FetchRun {
    std::string root_sha256;                    // finds the server's root, which the record then keeps
    std::optional<x509::Certificate> replaces;  // is named to the server (RFC 9773)
    bool reuse_key = false;
    Activation hooks;    // empty: the record's
    bool force = false;  // though the server asked to be left alone
};

struct Fetched {
    Enrolled enrolled;
    ActivationLock activation;  // to be held while the hook runs
};

/// Gets a certificate from the ACME server of `record` into `directory` and saves the record there, so that the next
/// one can be got without a word. The caller holds deliver::lock_directory. Where an account stands there, a server
/// that limits the rate is not asked again, by any run, before the time that it named.
Fetched fetch(const base::Path& directory, RenewalRecord record, const FetchRun& run, const FetchSeams& seams);

/// What the server's renewal information (RFC 9773) says of the certificate; nullopt when it has none, or does not
/// answer quickly.
std::optional<RenewalAdvice> ask_advice(const RenewalRecord& record, const x509::Certificate& leaf,
                                        const FetchSeams& seams);

/// Reaches the server as `fetch` would, reads its directory and asks for the account of `directory`: what a dry run can
/// tell without an order. Changes nothing, here or there. Returns what a renewal would do besides, for people; empty
/// when nothing. Throws what would stand in its way.
std::string check_server(const base::Path& directory, const RenewalRecord& record, const FetchSeams& seams);

}  // namespace signet::client
