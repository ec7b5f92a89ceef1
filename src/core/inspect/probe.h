#pragma once

#include <chrono>
#include <string>

#include "base/bytes.h"
#include "inspect/verify.h"
#include "net/tls.h"

namespace signet::inspect {

struct ProbeRequest {
    std::string host;  // name or address literal, without brackets
    int port;
    std::string server_name;                // SNI; empty: the host, unless that is an address
    std::string certificate_pem;            // client certificate, chain leaf first; empty: none
    const base::Secret* key_pem = nullptr;  // its key
    VerifyRequest question;                 // `presented` is filled from the handshake; no identities: the server name
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
};

struct ProbeReport {
    net::TlsHandshake handshake;
    VerifyReport verification;
};

/// Shakes hands for real, then judges what the endpoint showed. Throws as TlsDialer::dial does, and tls when the
/// endpoint showed no certificate.
ProbeReport probe(net::TlsDialer& dialer, const ProbeRequest& request, const RevocationSources* sources = nullptr);

}  // namespace signet::inspect
