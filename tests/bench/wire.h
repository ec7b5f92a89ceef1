#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"

struct ssl_st;
struct ssl_ctx_st;

namespace signet::bench {

struct Url {
    std::string host;
    std::string port;
    std::string path;

    /// https://HOST[:PORT]/PATH. Throws bad_input for anything else.
    static Url parse(std::string_view text);
};

struct Answer {
    int status = 0;
    std::string nonce;     // Replay-Nonce
    std::string location;  // Location
    std::string body;
};

/// A TLS client configuration that trusts anyone: what is measured stands on loopback.
std::shared_ptr<ssl_ctx_st> make_tls_context();

/// One keep-alive HTTP/1.1 connection over TLS, opened when it is first needed and again when the server closed it.
/// Not thread-safe.
class Wire {
public:
    Wire(std::shared_ptr<ssl_ctx_st> context, std::string host, std::string port, int timeout_seconds);
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    ~Wire();

    /// Throws connection or timeout; the connection is closed then.
    Answer exchange(std::string_view method, std::string_view path, std::string_view body);

private:
    void open();
    void close();
    void send(std::string_view text);
    /// Appends what has come to `buffer_`; false at the end of the connection.
    bool receive();
    std::string take_line();
    std::string take(std::size_t size);
    Answer read_answer(bool without_body);

    std::shared_ptr<ssl_ctx_st> context_;
    std::string host_;
    std::string port_;
    int timeout_seconds_;
    base::Fd socket_;
    ssl_st* tls_ = nullptr;
    std::string buffer_;
};

}  // namespace signet::bench
