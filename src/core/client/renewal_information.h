#pragma once

#include <optional>
#include <string>

#include "acme/certificate_id.h"
#include "base/json.h"
#include "base/time.h"
#include "net/transport.h"
#include "x509/certificate.h"

namespace signet::client {

using acme::certificate_id;

struct RenewalWindow {
    base::Time start, end;
    std::string explanation_url;  // may be empty
};
/// RFC 9773 section 4.2. Throws malformed; an end that is not after the start is malformed too.
RenewalWindow parse_renewal_window(const base::Json& json);

/// The moment within the window that this certificate renews at: spread over it, and the same at each call.
base::Time renewal_time(const RenewalWindow& window, const x509::Certificate& certificate);

/// What a CA answered, and when it may be asked again: Retry-After, from a minute to a day, six hours where it says
/// nothing (RFC 9773 section 4.3).
struct RenewalAdvice {
    RenewalWindow window;
    base::Time ask_after;
};

/// Asks the server, quickly. Whatever goes wrong (no such resource, no answer, nonsense) is nullopt: renewal never
/// waits for advice. `renewal_info` is the directory's renewalInfo URL.
std::optional<RenewalAdvice> ask_renewal_window(net::Transport& transport, const std::string& renewal_info,
                                                const x509::Certificate& certificate, base::Time now);

}  // namespace signet::client
