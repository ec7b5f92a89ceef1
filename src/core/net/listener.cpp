#include "net/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "net/socket.h"

namespace signet::net {

namespace {

constexpr int k_backlog = 4096;

[[noreturn]] void cannot_listen(const std::string& address, int error) {
    std::string hint = "choose another address";
    if (error == EADDRINUSE) hint = "stop the program that uses this port, or choose another one";
    if (error == EACCES) hint = "choose a port from 1024 up, or grant CAP_NET_BIND_SERVICE";
    throw base::Error{base::Kind::environment, "cannot listen on " + address + ": " + std::strerror(error), hint};
}

base::Fd bind_to(const addrinfo& where, const std::string& address) {
    base::Fd socket(::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    if (!socket) cannot_listen(address, errno);
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket.get(), where.ai_addr, where.ai_addrlen) != 0) cannot_listen(address, errno);
    if (::listen(socket.get(), k_backlog) != 0) cannot_listen(address, errno);
    return socket;
}

base::Fd bind_to_address(const std::string& address) {
    const auto target = parse_host_port(address, "listen address");
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
    if (error != 0) {
        throw base::Error{base::Kind::bad_input, "cannot listen on " + address + ": " + ::gai_strerror(error),
                          "use an address of this machine"};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, ::freeaddrinfo);
    return bind_to(*found, address);
}

// Bound and listening already; how it is read is for us to say.
base::Fd take_over(int inherited) {
    base::Fd socket(inherited);
    int listening = 0;
    socklen_t size = sizeof listening;
    if (::getsockopt(inherited, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) {
        throw base::Error{base::Kind::environment,
                          "descriptor " + std::to_string(inherited) + " that was passed in is no listening socket",
                          "use ListenStream= and Accept=no in the socket unit"};
    }
    ::fcntl(inherited, F_SETFD, FD_CLOEXEC);
    ::fcntl(inherited, F_SETFL, ::fcntl(inherited, F_GETFL) | O_NONBLOCK);
    return socket;
}

}  // namespace

Listener::Listener(const ListenerSettings& settings) : tls_(settings.tls) {
    socket_ = settings.inherited >= 0 ? take_over(settings.inherited) : bind_to_address(settings.address);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    port_ = port_of(bound);
}

Listener::Accepted Listener::accept() {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    base::Fd socket(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
        const int on = 1;
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return {Outcome::taken, std::move(socket), address_of(peer).text()};
    }
    switch (errno) {
        case EAGAIN:
            return {Outcome::none, {}, {}};
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            return {Outcome::exhausted, {}, {}};
        // accept(2): errors already pending on the new connection are reported here, and mean that one alone.
        default:
            return {Outcome::broken_connection, {}, {}};
    }
}

}  // namespace signet::net
