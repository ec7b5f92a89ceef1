#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/file.h"

struct ssl_st;

namespace signet::net {

struct FreeSsl {
    void operator()(ssl_st* ssl) const noexcept;
};
using SslHandle = std::unique_ptr<ssl_st, FreeSsl>;

/// A connected non-blocking socket, plain or with TLS on it. Never raises SIGPIPE, leaves OpenSSL's error queue of the
/// thread as clean as it must be before each call. Not thread-safe; may move between threads.
class Stream {
public:
    enum class Status {
        done,
        want_read,   // call again when the socket is readable
        want_write,  // ... writable
        closed,      // the other side ended the stream as it should
        failed,      // reset, cut off inside TLS, or a TLS error: nothing more can be sent
    };
    struct Result {
        Status status;
        std::size_t size = 0;  // octets moved, with done
    };

    explicit Stream(base::Fd socket) : socket_(std::move(socket)) {}
    /// Puts TLS on it; `ssl` has its connect or accept state set.
    void start_tls(SslHandle ssl);

    Result handshake();
    bool resumed() const;  // after the handshake: from a former session, without a signature
    Result read(char* to, std::size_t room);
    Result write(std::string_view bytes);
    /// Reads from below TLS, for input that nobody will look at.
    Result discard(char* to, std::size_t room);
    /// Says that nothing more will be sent: close_notify where there is TLS, then FIN. Does not wait.
    void shutdown();

    /// Makes the close that follows a reset: what the other side never took must not stay in the kernel.
    void abort();

    int fd() const { return socket_.get(); }
    ssl_st* ssl() const { return ssl_.get(); }  // borrowed; nullptr without TLS

private:
    Result tls_result(int result);

    base::Fd socket_;
    SslHandle ssl_;  // dies before the socket
    bool broken_ = false;
};

}  // namespace signet::net
