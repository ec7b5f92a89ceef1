#include "net/stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <climits>
#include <openssl/ssl.h>

#include "base/error.h"
#include "crypto/openssl.h"

namespace signet::net {

namespace {

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE on a connection that the peer has reset. Signal
// dispositions belong to the program, not to a library, so these five functions send with MSG_NOSIGNAL instead.

int bio_fd(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

int bio_write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(bio_fd(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && would_block(errno)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* to, int room) {
    BIO_clear_retry_flags(bio);
    const auto received = ::recv(bio_fd(bio), to, static_cast<std::size_t>(room), 0);
    if (received < 0 && would_block(errno)) BIO_set_retry_read(bio);
    if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(received);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int bio_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD* make_bio_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "signet socket");
    crypto::check(method != nullptr, "making a BIO method");
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_ctrl(method, bio_control);
    BIO_meth_set_create(method, bio_create);
    return method;
}

const BIO_METHOD* bio_method() {
    // Constant after its making; freed by nobody, since streams may outlive every other static object.
    static const BIO_METHOD* const method = make_bio_method();
    return method;
}

int clamp(std::size_t size) { return static_cast<int>(size < INT_MAX ? size : INT_MAX); }

}  // namespace

void FreeSsl::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

void Stream::start_tls(SslHandle ssl) {
    BIO* bio = BIO_new(bio_method());
    crypto::check(bio != nullptr, "making a socket BIO");
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket_.get())));
    SSL_set_bio(ssl.get(), bio, bio);
    SSL_set_mode(ssl.get(),
                 SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ssl_ = std::move(ssl);
}

Stream::Result Stream::tls_result(int result) {
    if (result > 0) return {Status::done, static_cast<std::size_t>(result)};
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return {Status::want_read};
        case SSL_ERROR_WANT_WRITE:
            return {Status::want_write};
        case SSL_ERROR_ZERO_RETURN:
            return {Status::closed};
        default:
            broken_ = true;
            return {Status::failed};
    }
}

Stream::Result Stream::handshake() {
    ERR_clear_error();
    return tls_result(SSL_do_handshake(ssl_.get()));
}

bool Stream::resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

Stream::Result Stream::read(char* to, std::size_t room) {
    if (ssl_) {
        ERR_clear_error();
        return tls_result(SSL_read(ssl_.get(), to, clamp(room)));
    }
    return discard(to, room);
}

Stream::Result Stream::discard(char* to, std::size_t room) {
    const auto received = ::recv(socket_.get(), to, room, 0);
    if (received > 0) return {Status::done, static_cast<std::size_t>(received)};
    if (received == 0) return {Status::closed};
    return {would_block(errno) ? Status::want_read : Status::failed};
}

Stream::Result Stream::write(std::string_view bytes) {
    if (ssl_) {
        ERR_clear_error();
        return tls_result(SSL_write(ssl_.get(), bytes.data(), clamp(bytes.size())));
    }
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return {Status::done, static_cast<std::size_t>(sent)};
    return {would_block(errno) ? Status::want_write : Status::failed};
}

void Stream::shutdown() {
    if (ssl_ && !broken_ && SSL_is_init_finished(ssl_.get()) == 1) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }
    ::shutdown(socket_.get(), SHUT_WR);
}

void Stream::abort() {
    broken_ = true;
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace signet::net
