#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "net/address.h"
#include "x509/certificate.h"

namespace signet::net {

enum class StartTls;

/// Versions that TLS can still be asked for. The two of old need OpenSSL's limits lowered for the one connection.
enum class TlsVersion { v1_0, v1_1, v1_2, v1_3 };

struct TlsDialRequest {
    std::string host;  // connects here ...
    int port;
    std::optional<Address> connect_to;  // ... or to this very address
    std::string server_name;            // SNI; empty: none (IP literals)
    std::vector<std::string> alpn;
    std::string certificate_pem;  // client certificate, chain leaf first; empty: none
    const base::Secret* key_pem = nullptr;
    bool await_refusal = true;  // of our client certificate, or of none; false: who looks only need not wait for it
    std::chrono::milliseconds timeout = std::chrono::seconds(10);  // total
    StartTls starttls = {};                                        // none: TLS begins at once
    std::optional<TlsVersion> version = {};                        // this one alone is offered
    bool ask_status = false;                                       // for a stapled OCSP response
    std::string question = {};  // sent after the handshake; what comes back within a second is the answer
};

/// What a finished handshake showed. The chain is as sent, verified by nobody: inspect judges it.
struct TlsHandshake {
    std::string protocol;  // "TLSv1.3"
    std::string cipher;
    std::string group;  // "x25519"; empty when unknown
    std::string alpn;   // selected
    std::vector<x509::Certificate> chain;
    bool client_certificate_requested = false;
    Address peer;
    base::Bytes stapled = {};  // OCSP response in DER, as sent
    std::optional<std::string> answer =
        {};  // to the question: empty when the server closed; nullopt when it was silent
};

/// The TLS seam. Throws connection, tls (with the alert's name when the server refused us, also when TLS 1.3 reports a
/// refused client certificate only after the handshake) or timeout. Thread-safe.
class TlsDialer {
public:
    virtual ~TlsDialer() = default;
    virtual TlsHandshake dial(const TlsDialRequest& request) = 0;
};
std::unique_ptr<TlsDialer> make_tls_dialer();

}  // namespace signet::net
