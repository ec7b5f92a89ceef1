#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "client/renewal_information.h"

namespace signet::client {

/// What runs of `renew` tell the next one about a directory: what the CA advised, and how often it went wrong. Kept in
/// DIR/.signet/renewal-state.toml. Nothing depends on it but the moment of the next try: damaged or lost, it is as if
/// nothing had been learnt.
struct RenewalState {
    std::string serial;                   // of the certificate that all this is about
    std::optional<RenewalWindow> advice;  // RFC 9773
    std::optional<base::Time> ask_after;  // no sooner than that is the CA asked again
    int failures = 0;                     // in a row
    std::optional<base::Time> retry_after;
    std::optional<base::Kind> failure_kind = {};
    std::string failure;  // the last one's message
};

/// An empty state when there is none, when it cannot be read, or when it is about another certificate.
RenewalState load_renewal_state(const base::Path& directory, const std::string& serial);
void save_renewal_state(const base::Path& directory, const RenewalState& state);
void forget_renewal_state(const base::Path& directory);

/// One more failure: the first two may be tried again at once, then the wait doubles from a minute up to six hours, but
/// never to more than a twelfth of the time that is left until `not_after`.
void count_failure(RenewalState& state, const base::Error& error, base::Time now, base::Time not_after);

/// What a run that must not try yet reports: the last failure, and when the next try is due.
base::Error waiting_error(const RenewalState& state);

}  // namespace signet::client
