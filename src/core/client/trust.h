#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/session.h"
#include "net/transport.h"
#include "x509/certificate.h"

namespace signet::client {

using MakeTransport = std::function<std::unique_ptr<net::Transport>(net::TransportSettings)>;

/// Short names ("letsencrypt") and URLs alike to the URL of a directory. Throws usage for what is no URL, and for
/// http:// unless `insecure_http`.
std::string directory_url(const std::string& server, bool insecure_http);

/// Whom to believe that it is the server: the members of a root file, or whoever serves the root with this hash.
struct ServerTrust {
    std::string directory;                 // URL
    std::vector<x509::Certificate> roots;  // empty: the system's trust store
    std::string root_sha256;               // hex over the DER; beats `roots`
    bool insecure_http = false;
};

/// A way to a server that is believed.
struct TrustedServer {
    std::unique_ptr<net::Transport> transport;
    std::vector<x509::Certificate> roots;  // that the transport is pinned to: what a renewal goes by
};

/// Checks the form of a hash: 64 hex digits, colons and case as one likes. Throws usage. Returns it in lower case.
std::string parse_root_hash(const std::string& text);

/// With a hash, /ca.pem of the server's origin is read from whoever answers, only the member with that hash is kept,
/// and nothing else is sent; a wrong hash is refused, naming both. What is returned verifies every connection against
/// the roots, and the host of the URL against the server's certificate. Waits for the server until `deadline`.
TrustedServer trust_server(const ServerTrust& trust, const MakeTransport& make_transport, base::Clock& clock,
                           base::Deadline deadline, const Progress& progress);

/// The anchors that the server publishes at /ca.pem of its origin, read over the trusted connection; empty when it
/// publishes none (any other ACME server), or when the connection is plain http.
std::vector<x509::Certificate> published_anchors(const std::string& directory, net::Transport& transport,
                                                 base::Clock& clock, base::Deadline deadline, const Progress& progress);

/// The roots to believe the server by from now on. Of the anchors it publishes, those that a pinned root vouches for by
/// a cross-certificate in the chain it issues (a root that is being replaced) join the pinned ones; pinned ones that it
/// publishes no more are dropped as long as any is left. Without pinned roots (the system decides) there are none.
std::vector<x509::Certificate> roots_from_now_on(const std::vector<x509::Certificate>& pinned,
                                                 const std::vector<x509::Certificate>& published,
                                                 const std::vector<x509::Certificate>& chain, base::Time now);

}  // namespace signet::client
