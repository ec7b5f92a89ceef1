#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/socket.h"
#include "net/stream.h"
#include "net/tls_context.h"

namespace signet::net {

/// A client's connection that waits, but never beyond a deadline. Errors name the target: timeout, connection, tls.
class ClientStream {
public:
    ClientStream(const std::string& host, int port, const std::optional<Address>& connect_to, const Deadline& deadline);

    /// Throws tls with the alert's name when the server refused us, or with the reason that its certificate is not
    /// accepted.
    void start_tls(SslHandle ssl, const Deadline& deadline);
    void write(std::string_view bytes, const Deadline& deadline);
    /// 0 at the end of the stream.
    std::size_t read(char* to, std::size_t room, const Deadline& deadline);
    /// One read that throws no timeout: nullopt when nothing came by `deadline`.
    std::optional<std::size_t> read_if_any(char* to, std::size_t room, const Deadline& deadline);

    /// The alert that the server sent, if it did: "certificate_required".
    const std::string& alert() const { return *alert_; }
    const Address& peer() const { return peer_; }
    ssl_st* ssl() const { return stream_.ssl(); }
    /// True when nothing came since the last response: the connection can carry another request.
    bool quiet() const;

private:
    void wait(Stream::Status status, const Deadline& deadline) const;
    [[noreturn]] void throw_timeout() const;
    [[noreturn]] void fail_handshake() const;
    [[noreturn]] void fail(const std::string& doing) const;
    ClientStream(Connected connected, std::string target);

    std::string target_;
    Address peer_;
    Stream stream_;
    std::unique_ptr<std::string> alert_;  // at a fixed place: OpenSSL's callback writes to it
};

}  // namespace signet::net
