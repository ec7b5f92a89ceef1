#pragma once

#include <chrono>
#include <string>

#include "base/bytes.h"
#include "inspect/verify.h"
#include "net/starttls.h"
#include "net/tls.h"

namespace signet::inspect {

struct ProbeRequest {
    std::string host;  // name or address literal, without brackets
    int port;
    std::string server_name;                // SNI; empty: the host, unless that is an address
    std::string certificate_pem;            // client certificate, chain leaf first; empty: none
    const base::Secret* key_pem = nullptr;  // its key
    std::vector<std::string> alpn = {};
    net::StartTls starttls = {};
    VerifyRequest question;  // `presented` is filled from the handshake; no identities: the server name
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
};

/// Whom an application should take the peer for: its SPIFFE ID, else a name of its certificate, else, with a warning,
/// its CN.
struct PeerIdentity {
    std::string kind;  // "uri", "dns", "ip", "email", "cn"; empty: none
    std::string value;
    std::string warning;
};
PeerIdentity identity_of(const x509::Certificate& peer);

struct ProbeReport {
    net::TlsHandshake handshake;
    VerifyReport verification;
    PeerIdentity identity;
    std::vector<std::string> chain_remarks;  // what is wrong with the chain as it was sent, though it may verify
    std::string stapled;                     // "none", "good", "revoked", or why it tells nothing
};

/// What is dialled for a request.
net::TlsDialRequest dial_request(const ProbeRequest& request);

/// Order, missing intermediates, extra certificates of what was sent, against the chain that was found (anchor last).
std::vector<std::string> remarks_on(const std::vector<x509::Certificate>& sent, const VerifyReport& report);

/// Shakes hands for real, then judges what the endpoint showed. Throws as TlsDialer::dial does, and tls when the
/// endpoint showed no certificate.
ProbeReport probe(net::TlsDialer& dialer, const ProbeRequest& request, const RevocationSources* sources = nullptr);

}  // namespace signet::inspect
