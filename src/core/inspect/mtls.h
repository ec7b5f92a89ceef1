#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "inspect/probe.h"

namespace signet::inspect {

/// A client certificate of the moment with its key, which is in memory only.
struct ThrowAwayPair {
    std::string chain_pem;
    base::Secret key_pem;
};
/// What makes a certificate of the real CA one that must be refused.
enum class ClientFault { expired, not_for_clients };

struct MtlsRequest {
    const ProbeRequest& endpoint;  // with the client certificate that must be accepted
    /// Certificates of the CA that issued it, for the same names. Throws when that CA is not at hand.
    std::function<ThrowAwayPair(ClientFault)> issue;
    base::Time now;
};

struct Door {
    enum class State { refused, open, untested };
    std::string what;  // "a client without a certificate"
    State state;
    std::string detail;  // the alert, the answer, or why it was not tried
};

struct MtlsReport {
    bool accepted = false;     // the client's own certificate
    bool shook_hands = false;  // with it, at least
    std::string acceptance;    // how one can tell
    std::vector<Door> doors;
    /// No door stands open. Those that were not tried do not count.
    bool tight() const;
};

/// Tries all that a server with mutual TLS must refuse, one handshake each; first what it must accept: when that is
/// refused, refusals prove nothing, and the doors are untested. A server that refuses after the handshake (TLS 1.3, or
/// HTTP as nginx does it) is understood. Throws as TlsDialer::dial when it cannot be reached at all.
MtlsReport check_mtls(net::TlsDialer& dialer, const MtlsRequest& request);

/// {"accepted", "acceptance", "doors": [{"door", "result", "detail"}]}; result is refused, open or untested.
base::Json mtls_json(const MtlsReport& report);
std::string_view door_state_name(Door::State state);

}  // namespace signet::inspect
