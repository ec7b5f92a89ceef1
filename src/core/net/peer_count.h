#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace signet::net {

/// How many connections each peer has, and who may have another one. A peer is an IPv4 address or an IPv6 /64.
///
/// Many machines behind one address are a fleet, not an attack, as long as there is room: only when half of all
/// connections are taken is a peer with `per_peer` of them refused more. So no single one gets beyond half, and what is
/// left is for the others. The loopback addresses, where a proxy may stand, are not counted. Not thread-safe.
class PeerCount {
public:
    PeerCount(std::size_t all, std::size_t per_peer) : all_(all), per_peer_(per_peer) {}

    enum class Verdict { room, full, too_many };
    struct Admission {
        Verdict verdict;
        std::uint64_t peer;  // for leave()
    };
    /// With room, the connection is counted. `open`: connections there are now.
    Admission enter(const std::string& address, std::size_t open);
    void leave(std::uint64_t peer);
    void clear() { counts_.clear(); }

private:
    std::size_t all_, per_peer_;
    std::unordered_map<std::uint64_t, std::uint32_t> counts_;
};

}  // namespace signet::net
