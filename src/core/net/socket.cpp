#include "net/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace signet::net {

using std::chrono::milliseconds;

std::chrono::milliseconds Deadline::left() const {
    const auto left = std::chrono::ceil<milliseconds>(when_ - std::chrono::steady_clock::now());
    return std::max(left, milliseconds(0));
}

Deadline Deadline::at_most(std::chrono::milliseconds span) const {
    Deadline other(span);
    other.when_ = std::min(other.when_, when_);
    return other;
}

bool wait_ready(int fd, Readiness readiness, const Deadline& deadline) {
    pollfd entry{fd, static_cast<short>(readiness == Readiness::readable ? POLLIN : POLLOUT), 0};
    for (;;) {
        const auto left = deadline.left();
        const int ready = ::poll(&entry, 1, static_cast<int>(std::min<milliseconds::rep>(left.count(), 60000)));
        if (ready > 0) return true;
        if (deadline.passed()) return false;
    }
}

Address address_of(const sockaddr_storage& socket_address) {
    if (socket_address.ss_family == AF_INET6) {
        const auto& in6 = reinterpret_cast<const sockaddr_in6&>(socket_address);
        return Address::from_octets({in6.sin6_addr.s6_addr, 16});
    }
    const auto& in4 = reinterpret_cast<const sockaddr_in&>(socket_address);
    return Address::from_octets({reinterpret_cast<const std::uint8_t*>(&in4.sin_addr.s_addr), 4});
}

int port_of(const sockaddr_storage& socket_address) {
    const bool v6 = socket_address.ss_family == AF_INET6;
    return ntohs(v6 ? reinterpret_cast<const sockaddr_in6&>(socket_address).sin6_port
                    : reinterpret_cast<const sockaddr_in&>(socket_address).sin_port);
}

static socklen_t fill(sockaddr_storage& storage, const Address& address, int port) {
    const auto& octets = address.octets();
    const auto net_port = htons(static_cast<std::uint16_t>(port));
    if (address.is_v6()) {
        auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
        in6.sin6_family = AF_INET6;
        in6.sin6_port = net_port;
        std::memcpy(&in6.sin6_addr, octets.data(), octets.size());
        return sizeof in6;
    }
    auto& in4 = reinterpret_cast<sockaddr_in&>(storage);
    in4.sin_family = AF_INET;
    in4.sin_port = net_port;
    std::memcpy(&in4.sin_addr, octets.data(), octets.size());
    return sizeof in4;
}

/// 0, or the errno of the attempt; ETIMEDOUT when the deadline came first.
static int try_connect(base::Fd& socket, const Address& address, int port, const Deadline& deadline) {
    sockaddr_storage storage{};
    const auto size = fill(storage, address, port);
    socket = base::Fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    if (!socket) return errno;
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&storage), size) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!wait_ready(socket.get(), Readiness::writable, deadline)) return ETIMEDOUT;
    int error = 0;
    socklen_t error_size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &error_size);
    return error;
}

Connected connect_tcp(const std::string& host, int port, const std::optional<Address>& connect_to,
                      const Deadline& deadline) {
    const auto addresses = connect_to ? std::vector{*connect_to} : system_addresses(host, deadline);
    const std::string target = host + " port " + std::to_string(port);
    if (addresses.empty())
        throw base::Error{base::Kind::dns, "no address found for " + host,
                          "check the spelling of the name and the DNS"};
    int error = 0;
    for (std::size_t i = 0; i < addresses.size() && !deadline.passed(); ++i) {
        // An address that swallows packets must leave time for those behind it.
        const auto share = deadline.left() / static_cast<milliseconds::rep>(addresses.size() - i);
        Connected connected{base::Fd(), addresses[i]};
        error = try_connect(connected.socket, addresses[i], port, deadline.at_most(std::max(share, milliseconds(1))));
        if (error == 0) return connected;
    }
    if (error == ETIMEDOUT || error == 0)
        throw base::Error{base::Kind::timeout, "no connection to " + target + " in time",
                          "check the address, and that no firewall is in between"};
    throw base::Error{base::Kind::connection, "cannot connect to " + target + ": " + std::strerror(error),
                      "check the address, that the service runs there, and that no firewall is in between"};
}

}  // namespace signet::net
