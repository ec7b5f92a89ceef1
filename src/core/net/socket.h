#pragma once

#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "net/address.h"

namespace signet::net {

/// A point on the steady clock by which something must be done.
class Deadline {
public:
    explicit Deadline(std::chrono::milliseconds span) : when_(std::chrono::steady_clock::now() + span) {}
    /// Zero when it has passed; rounded up, so that a poll(2) with it never ends early.
    std::chrono::milliseconds left() const;
    bool passed() const { return left().count() == 0; }
    /// This one, or `span` from now, whichever comes first.
    Deadline at_most(std::chrono::milliseconds span) const;

private:
    std::chrono::steady_clock::time_point when_;
};

enum class Readiness { readable, writable };
/// False when the deadline came first. Errors and hang-ups count as ready: the next call on the socket tells.
bool wait_ready(int fd, Readiness readiness, const Deadline& deadline);

Address address_of(const sockaddr_storage& socket_address);
int port_of(const sockaddr_storage& socket_address);

/// What the system (hosts file, NSS, search list) says about `host`, in its order, at most 32; an address stands for
/// itself. Empty when there is no such name. Throws dns, also when the system has not answered by the deadline. For
/// clients, which know whom they ask: SystemLookups is for checks.
std::vector<Address> system_addresses(const std::string& host, const Deadline& deadline);

struct Connected {
    base::Fd socket;  // non-blocking, CLOEXEC, TCP_NODELAY
    Address peer;
};
/// Tries the addresses of `host` in turn, or only `connect_to`. Throws dns, connection or timeout naming host and port.
Connected connect_tcp(const std::string& host, int port, const std::optional<Address>& connect_to,
                      const Deadline& deadline);

}  // namespace signet::net
