#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/http.h"
#include "x509/certificate.h"

namespace signet::net {

struct OutboundRequest {
    std::string method = "GET";
    std::string url;
    Headers headers;
    std::string body;
    std::chrono::milliseconds timeout = std::chrono::seconds(30);  // total: connect, handshake, send, read
    std::size_t body_limit = 1 << 20;                              // a longer answer is an error
};

/// The HTTP client seam. Follows no redirects. Throws connection, tls or timeout, and refused for an https
/// server whose certificate the trust does not cover: that does not pass by itself. Any answer is a Response.
/// Thread-safe.
class Transport {
public:
    virtual ~Transport() = default;
    virtual Response send(const OutboundRequest& request) = 0;
};

/// Whom an https server is believed.
struct Trust {
    enum class Mode {
        system,   // the system's trust store, and the anchors beside it
        anchors,  // these alone
        none,     // nobody is believed: to read /ca.pem before a hash decides; nothing secret may be sent
    };
    Mode mode = Mode::system;
    std::vector<x509::Certificate> anchors;
};

struct TransportSettings {
    Trust trust;
    bool allow_http = false;  // http:// URLs
    std::string user_agent;
    std::optional<Address> connect_to;  // the checked address: connects there whatever the URL's host resolves to
    bool verify_nothing =
        false;  // https hops of http-01 redirects (RFC 8555 section 8.3): content counts, not identity
};

/// HTTP/1.1 with a total deadline, bounded answers, connections kept between requests to one origin, no proxy, no
/// compression. The server's chain is verified, and the URL's host must be in its SAN (RFC 9525). Not over cpp-httplib:
/// its client has time limits per read only and buffers header lines without bound.
std::unique_ptr<Transport> make_http_transport(TransportSettings settings);

}  // namespace signet::net
