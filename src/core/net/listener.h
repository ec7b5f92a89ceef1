#pragma once

#include <atomic>
#include <limits>
#include <string>
#include <vector>

#include "base/file.h"
#include "net/address.h"
#include "net/http_server.h"

namespace signet::net {

/// A bound, listening, non-blocking socket: CLOEXEC, SO_REUSEADDR, no SO_REUSEPORT (two servers on one port must fail),
/// as large a backlog as the kernel gives.
class Listener {
public:
    /// Throws environment naming the address when it is in use or may not be bound, bad_input when it is no address.
    explicit Listener(const ListenerSettings& settings);

    enum class Outcome { taken, none, broken_connection, exhausted };
    struct Accepted {
        Outcome outcome;
        base::Fd socket;  // non-blocking, CLOEXEC, TCP_NODELAY
        std::string remote_address;
    };
    /// One connection. broken_connection: it went away again, try the next one; exhausted: no descriptors or memory
    /// left, try later.
    Accepted accept();

    int fd() const { return socket_.get(); }
    int port() const { return port_; }
    bool tls() const { return tls_; }
    std::size_t body_bytes() const { return body_bytes_.load(); }
    void limit_bodies(std::size_t bytes) { body_bytes_ = bytes; }
    void close() { socket_.reset(); }

private:
    base::Fd socket_;
    int port_ = 0;
    bool tls_;
    std::atomic<std::size_t> body_bytes_ = std::numeric_limits<std::size_t>::max();  // of a request
};

}  // namespace signet::net
