#include "bench/wire.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <openssl/ssl.h>

#include "base/error.h"
#include "base/text.h"
#include "crypto/openssl.h"

namespace signet::bench {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_largest_answer = 1 << 20;

struct AddressList {
    addrinfo* first = nullptr;
    ~AddressList() {
        if (first != nullptr) ::freeaddrinfo(first);
    }
};

base::Fd connect_to(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    AddressList list;
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &list.first) != 0) {
        throw Error(Kind::connection, "no address for " + host);
    }
    for (const addrinfo* at = list.first; at != nullptr; at = at->ai_next) {
        base::Fd fd(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol));
        if (fd && ::connect(fd.get(), at->ai_addr, at->ai_addrlen) == 0) return fd;
    }
    throw Error(Kind::connection, "cannot connect to " + host + ':' + port);
}

std::size_t parse_size(std::string_view text, int base) {
    std::size_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
    const bool good = result.ec == std::errc() && value <= k_largest_answer;
    if (!good) throw Error(Kind::connection, "a length that cannot be: " + base::printable(text, 40));
    return value;
}

}  // namespace

Url Url::parse(std::string_view text) {
    constexpr std::string_view scheme = "https://";
    if (!text.starts_with(scheme)) throw Error(Kind::bad_input, "not an https URL: " + base::printable(text));
    text.remove_prefix(scheme.size());
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string_view authority = text.substr(0, slash);
    const std::size_t colon = authority.rfind(':');
    Url url{.host = std::string(authority.substr(0, colon)), .port = "443", .path = std::string(text.substr(slash))};
    if (colon != std::string_view::npos) url.port = authority.substr(colon + 1);
    if (url.path.empty()) url.path = "/";
    return url;
}

std::shared_ptr<ssl_ctx_st> make_tls_context() {
    std::shared_ptr<ssl_ctx_st> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    crypto::check(context != nullptr, "making a TLS context");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context;
}

Wire::Wire(std::shared_ptr<ssl_ctx_st> context, std::string host, std::string port, int timeout_seconds)
    : context_(std::move(context)), host_(std::move(host)), port_(std::move(port)), timeout_seconds_(timeout_seconds) {}

Wire::~Wire() { close(); }

void Wire::close() {
    SSL_free(tls_);
    tls_ = nullptr;
    socket_.reset();
    buffer_.clear();
}

void Wire::open() {
    socket_ = connect_to(host_, port_);
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{.tv_sec = timeout_seconds_, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    tls_ = SSL_new(context_.get());
    crypto::check(tls_ != nullptr && SSL_set_fd(tls_, socket_.get()) == 1, "preparing TLS");
    SSL_ctrl(tls_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             host_.data());  // the macro casts in C's way
    if (SSL_connect(tls_) == 1) return;
    crypto::drain_errors("shaking hands");
    close();
    throw Error(Kind::connection, "no TLS handshake with " + host_ + ':' + port_);
}

void Wire::send(std::string_view text) {
    if (SSL_write(tls_, text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size())) return;
    crypto::drain_errors("sending");
    throw Error(Kind::connection, "the connection broke while sending");
}

bool Wire::receive() {
    std::array<char, 16384> chunk;
    errno = 0;
    const int got = SSL_read(tls_, chunk.data(), static_cast<int>(chunk.size()));
    if (got > 0) {
        buffer_.append(chunk.data(), static_cast<std::size_t>(got));
        if (buffer_.size() > k_largest_answer) throw Error(Kind::connection, "an answer larger than 1 MiB");
        return true;
    }
    const bool late = errno == EAGAIN || errno == EWOULDBLOCK;
    crypto::drain_errors("receiving");
    if (late) throw Error(Kind::timeout, "no answer within " + std::to_string(timeout_seconds_) + " s");
    return false;
}

std::string Wire::take_line() {
    for (;;) {
        const std::size_t end = buffer_.find("\r\n");
        if (end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 2);
            return line;
        }
        if (!receive()) throw Error(Kind::connection, "the connection ended within an answer");
    }
}

std::string Wire::take(std::size_t size) {
    while (buffer_.size() < size) {
        if (!receive()) throw Error(Kind::connection, "the connection ended within an answer");
    }
    std::string bytes = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return bytes;
}

Answer Wire::read_answer(bool without_body) {
    Answer answer;
    const std::string status = take_line();
    if (status.size() < 12) throw Error(Kind::connection, "no HTTP answer");
    answer.status = static_cast<int>(parse_size(std::string_view(status).substr(9, 3), 10));
    std::size_t length = 0;
    bool chunked = false, closing = false;
    for (std::string line = take_line(); !line.empty(); line = take_line()) {
        const std::size_t colon = std::min(line.find(':'), line.size());
        const std::string name = base::lower(std::string_view(line).substr(0, colon));
        const std::string value(base::trim(std::string_view(line).substr(std::min(colon + 1, line.size()))));
        if (name == "content-length") length = parse_size(value, 10);
        if (name == "transfer-encoding") chunked = value == "chunked";
        if (name == "connection") closing = base::iequals(value, "close");
        if (name == "replay-nonce") answer.nonce = value;
        if (name == "location") answer.location = value;
    }
    if (!without_body && answer.status != 204) {
        if (!chunked) answer.body = take(length);
        while (chunked) {
            const std::size_t size = parse_size(take_line(), 16);
            answer.body += take(size);
            take_line();
            if (size == 0) break;
        }
    }
    if (closing) close();
    return answer;
}

Answer Wire::exchange(std::string_view method, std::string_view path, std::string_view body) {
    std::string request = std::string(method) + ' ' + std::string(path) + " HTTP/1.1\r\nHost: " + host_ + ':' + port_ +
                          "\r\nUser-Agent: acmeload\r\n";
    if (method == "POST") {
        request += "Content-Type: application/jose+json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    }
    request += "\r\n";
    request += body;
    try {
        const bool reused = tls_ != nullptr;
        if (!reused) open();
        bool alive = true;
        try {
            send(request);
            alive = receive();
        } catch (const Error& error) {
            if (!reused || error.kind() == Kind::timeout) throw;
            alive = false;
        }
        if (!alive) {  // an idle connection that the server had closed
            close();
            open();
            send(request);
        }
        return read_answer(method == "HEAD");
    } catch (const Error&) {
        close();
        throw;
    }
}

}  // namespace signet::bench
