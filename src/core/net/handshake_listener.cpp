#include "net/handshake_listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <openssl/ssl.h>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "crypto/openssl.h"
#include "net/listener.h"
#include "net/socket.h"
#include "net/stream.h"
#include "net/tls_context.h"

namespace signet::net {

namespace {

constexpr auto k_handshake_limit = std::chrono::seconds(10);
constexpr std::size_t k_connection_limit = 256;
constexpr int k_tick = 500;  // milliseconds: how late a connection's limit may be noticed

// Both families where the machine has IPv6, else IPv4 alone. The second failure is the one to tell.
Listener listen_everywhere(int port) {
    try {
        return Listener({"[::]:" + std::to_string(port), true});
    } catch (const base::Error&) {
        return Listener({"0.0.0.0:" + std::to_string(port), true});
    }
}

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void* argument) {
    const auto& wire = *static_cast<const std::string*>(argument);
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, out_size, base::bytes_of(wire).data(), static_cast<unsigned int>(wire.size()),
                              in, in_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

class HandshakeListener::Loop {
public:
    Loop(int port, const std::string& protocol)
        : wire_(static_cast<char>(protocol.size()) + protocol),
          listener_(listen_everywhere(port)),
          wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
          nameless_(make_context()) {
        SSL_CTX_set_cert_cb(nameless_.get(), choose, this);
        thread_ = std::thread([this] { run(); });
    }
    ~Loop() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
        thread_.join();
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void add(const std::string& server_name, const TlsIdentity& identity) {
        auto context = make_context();
        use_identity(context.get(), identity.chain_pem, identity.key_pem);
        const std::lock_guard lock(mutex_);
        contexts_[base::lower(server_name)] = std::move(context);
    }
    void remove(const std::string& server_name) {
        const std::lock_guard lock(mutex_);
        contexts_.erase(base::lower(server_name));
    }
    int port() const { return listener_.port(); }

private:
    struct Connection {
        Stream stream;
        Deadline deadline;
        short waits_for;  // of poll(2)
    };

    TlsContext make_context() {
        TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
        crypto::check(context != nullptr, "making a TLS context");
        SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
        SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
        choose_groups(context.get());
        SSL_CTX_set_alpn_select_cb(context.get(), select_protocol, &wire_);
        return context;
    }

    // OpenSSL asks here for a certificate, between the peer's hello and ours.
    static int choose(SSL* ssl, void* argument) {
        auto& self = *static_cast<Loop*>(argument);
        const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        if (name == nullptr) return 0;
        const std::lock_guard lock(self.mutex_);
        const auto found = self.contexts_.find(base::lower(name));
        return found != self.contexts_.end() && SSL_set_SSL_CTX(ssl, found->second.get()) != nullptr ? 1 : 0;
    }

    void run() {
        std::vector<pollfd> entries;
        while (true) {
            entries.assign({{wake_.get(), POLLIN, 0}, {listener_.fd(), POLLIN, 0}});
            if (connections_.size() >= k_connection_limit) entries[1].events = 0;
            for (const auto& one : connections_) entries.push_back({one.stream.fd(), one.waits_for, 0});
            ::poll(entries.data(), entries.size(), k_tick);
            if (entries[0].revents != 0) return;
            for (std::size_t i = connections_.size(); i-- > 0;) {
                const bool ready = entries[i + 2].revents != 0;
                const bool done = connections_[i].deadline.passed() || (ready && !go_on(connections_[i]));
                if (done) connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
            }
            if (entries[1].revents != 0) accept();
        }
    }
    void accept() {
        auto accepted = listener_.accept();
        if (accepted.outcome == Listener::Outcome::exhausted) ::usleep(10'000);
        if (accepted.outcome != Listener::Outcome::taken) return;
        Connection connection{Stream(std::move(accepted.socket)), Deadline(k_handshake_limit), POLLIN};
        connection.stream.start_tls(make_server_ssl(nameless_));
        connections_.push_back(std::move(connection));
    }
    // False when nothing more is to be done with it.
    static bool go_on(Connection& connection) {
        const auto status = connection.stream.handshake().status;
        connection.waits_for = status == Stream::Status::want_write ? POLLOUT : POLLIN;
        if (status == Stream::Status::want_read || status == Stream::Status::want_write) return true;
        connection.stream.shutdown();
        crypto::drain_errors("a challenge handshake");
        return false;
    }

    std::string wire_;  // the protocol as ALPN writes it
    Listener listener_;
    base::Fd wake_;
    std::mutex mutex_;
    std::map<std::string, TlsContext> contexts_;  // by server name
    TlsContext nameless_;
    std::vector<Connection> connections_;  // the thread's own
    std::thread thread_;
};

HandshakeListener::HandshakeListener(int port, const std::string& protocol)
    : loop_(std::make_unique<Loop>(port, protocol)) {}
HandshakeListener::~HandshakeListener() = default;
void HandshakeListener::add(const std::string& server_name, const TlsIdentity& identity) {
    loop_->add(server_name, identity);
}
void HandshakeListener::remove(const std::string& server_name) { loop_->remove(server_name); }
int HandshakeListener::port() const { return loop_->port(); }

}  // namespace signet::net
