#include "net/client_stream.h"

#include <poll.h>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "base/error.h"
#include "crypto/openssl.h"

namespace signet::net {

ClientStream::ClientStream(const std::string& host, int port, const std::optional<Address>& connect_to,
                           const Deadline& deadline)
    : ClientStream(connect_tcp(host, port, connect_to, deadline), host + " port " + std::to_string(port)) {}

ClientStream::ClientStream(Connected connected, std::string target)
    : target_(std::move(target)),
      peer_(std::move(connected.peer)),
      stream_(std::move(connected.socket)),
      alert_(std::make_unique<std::string>()) {}

static Readiness needed(Stream::Status status) {
    return status == Stream::Status::want_write ? Readiness::writable : Readiness::readable;
}

void ClientStream::throw_timeout() const {
    throw base::Error{base::Kind::timeout, "no answer from " + target_ + " in time"};
}

void ClientStream::wait(Stream::Status status, const Deadline& deadline) const {
    if (!wait_ready(stream_.fd(), needed(status), deadline)) throw_timeout();
}

void ClientStream::fail(const std::string& doing) const {
    if (!alert_->empty()) {
        throw base::Error{base::Kind::tls, target_ + " refused the connection: TLS alert " + *alert_};
    }
    throw base::Error{base::Kind::connection, target_ + " closed the connection while " + doing};
}

static void on_tls_event(const SSL* ssl, int where, int value) {
    if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
    auto* name = static_cast<std::string*>(SSL_get_app_data(ssl));
    if (value & 0xff) *name = alert_name(value & 0xff);  // close_notify is no refusal
}

void ClientStream::start_tls(SslHandle ssl, const Deadline& deadline) {
    SSL* raw = ssl.get();
    SSL_set_ex_data(raw, 0, alert_.get());  // app data
    SSL_set_info_callback(raw, on_tls_event);
    stream_.start_tls(std::move(ssl));
    for (;;) {
        const auto result = stream_.handshake();
        if (result.status == Stream::Status::done) return;
        if (result.status == Stream::Status::want_read || result.status == Stream::Status::want_write) {
            wait(result.status, deadline);
            continue;
        }
        fail_handshake();
    }
}

void ClientStream::fail_handshake() const {
    const SSL* raw = stream_.ssl();
    const long verdict = SSL_get_verify_result(raw);
    if (verdict != X509_V_OK && SSL_get_verify_mode(raw) != SSL_VERIFY_NONE) {
        crypto::drain_errors("verifying a server");
        throw base::Error{
            base::Kind::refused,
            "the certificate of " + target_ + " is not accepted: " + X509_verify_cert_error_string(verdict),
            "give the root that it hangs on, and use a name that stands in it"};
    }
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    const std::string detail = reason == nullptr ? "" : std::string(" (") + reason + ")";
    crypto::drain_errors("a TLS handshake");
    if (!alert_->empty() || detail.empty()) fail("shaking hands");
    throw base::Error{base::Kind::tls, "no TLS handshake with " + target_ + detail};
}

void ClientStream::write(std::string_view bytes, const Deadline& deadline) {
    while (!bytes.empty()) {
        const auto result = stream_.write(bytes);
        if (result.status == Stream::Status::done) {
            bytes.remove_prefix(result.size);
        } else if (result.status == Stream::Status::closed || result.status == Stream::Status::failed) {
            fail("we were sending");
        } else {
            wait(result.status, deadline);
        }
    }
}

std::optional<std::size_t> ClientStream::read_if_any(char* to, std::size_t room, const Deadline& deadline) {
    for (;;) {
        const auto result = stream_.read(to, room);
        if (result.status == Stream::Status::done) return result.size;
        if (result.status == Stream::Status::closed) return 0;
        if (result.status == Stream::Status::failed) {
            crypto::drain_errors("reading from a server");
            fail("we were reading");
        }
        if (!wait_ready(stream_.fd(), needed(result.status), deadline)) return std::nullopt;
    }
}

std::size_t ClientStream::read(char* to, std::size_t room, const Deadline& deadline) {
    const auto size = read_if_any(to, room, deadline);
    if (!size) throw_timeout();
    return *size;
}

bool ClientStream::quiet() const {
    pollfd entry{stream_.fd(), POLLIN, 0};
    return ::poll(&entry, 1, 0) == 0;
}

}  // namespace signet::net
