#pragma once

#include <memory>
#include <string>

#include "net/http_server.h"

namespace signet::net {

/// Finishes TLS handshakes of one application protocol (ALPN) and says nothing more: each connection is closed after
/// its handshake. What a client that answers tls-alpn-01 needs (RFC 8737 section 3). The certificate is the one added
/// for the server name (SNI) that the peer sends; a handshake for another name or protocol fails. TLS 1.2 and up, on
/// all addresses of the machine, one thread, some hundred connections of ten seconds at most. Thread-safe.
class HandshakeListener {
public:
    /// Port 0 takes a free one. Throws environment when the port cannot be had.
    HandshakeListener(int port, const std::string& protocol);
    ~HandshakeListener();

    /// Names are compared without regard to case. Throws bad_input as make_server_context does.
    void add(const std::string& server_name, const TlsIdentity& identity);
    void remove(const std::string& server_name);
    int port() const;

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace signet::net
