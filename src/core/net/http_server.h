#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/http.h"
#include "net/http_counters.h"
#include "x509/certificate.h"

namespace signet::net {

/// Each limit is checked before the bytes are kept.
struct HttpLimits {
    std::size_t header_bytes = 16 << 10;     // request line and all header lines: 431 (414 for the line)
    std::size_t header_lines = 100;          // 431
    std::size_t body_bytes = 64 << 10;       // 413, told from the length, or while a chunked body comes in
    std::size_t connections = 20000;         // beyond: closed at once
    std::size_t connections_of_peer = 1024;  // when half of `connections` are taken: see PeerCount
    std::chrono::milliseconds handshake = std::chrono::seconds(10);  // total, not per read
    std::chrono::milliseconds header = std::chrono::seconds(10);     // from the first byte; 408
    std::chrono::milliseconds body = std::chrono::seconds(20);       // 408
    std::chrono::milliseconds write = std::chrono::seconds(20);      // and more as the reader takes: slowest_reader
    std::size_t slowest_reader = 64;                                 // bytes in a millisecond
    std::chrono::milliseconds idle = std::chrono::seconds(75);
};

/// Certificate and key for the TLS listener. PEM: chain leaf first; PKCS#8 key.
struct TlsIdentity {
    std::string chain_pem;
    base::Secret key_pem;
};

struct ListenerSettings {
    std::string address;  // "0.0.0.0:8443", port 0 for a free one
    bool tls = false;
    int inherited = -1;  // a listening socket that is there already; taken over, `address` is not looked at
};

/// HTTP/1.1 over an epoll front of our own: idle connections cost memory only. Strict framing (RFC 9112): no bare LF,
/// no Content-Length with Transfer-Encoding, one Content-Length, chunked decoded within the body limit, no
/// Content-Encoding, Host required. TLS 1.2 and up, session tickets, no renegotiation.
///
/// cpp-httplib is not below it: a second, laxer parse of bytes that a strict parser has accepted adds nothing but ways
/// to disagree, and its sockets, limits and regular-expression routes would all have to be replaced.
class HttpServer {
public:
    /// Binds at once: a port in use throws environment naming the address. `threads` workers run the handler.
    /// Without `refusal`, the reason of a refused request is answered as plain text.
    HttpServer(std::vector<ListenerSettings> listeners, Handler handler, std::size_t threads, HttpLimits limits = {},
               Refusal refusal = {});
    ~HttpServer();

    /// Needed before start() when a listener has tls; later calls swap it for new connections. Thread-safe.
    void set_identity(const TlsIdentity& identity);
    /// Raises the process's soft limit of descriptors towards the hard one, for `connections`.
    void start();
    std::size_t listeners() const;
    /// Bodies that are larger than this get 413 on connections of listener i from now on, where HttpLimits::body_bytes
    /// is not less. Thread-safe.
    void limit_bodies(std::size_t listener, std::size_t bytes);
    /// The port that listener i really has.
    int port(std::size_t listener) const;
    /// Stops accepting, lets running requests finish within `grace`, closes the rest. Idempotent.
    void stop(std::chrono::milliseconds grace);

    const HttpCounters& counters() const;
    std::size_t connections() const;  // open ones

private:
    class Front;
    std::unique_ptr<Front> front_;
};

}  // namespace signet::net
