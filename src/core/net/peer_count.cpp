#include "net/peer_count.h"

#include <algorithm>

#include "net/address.h"

namespace signet::net {
namespace {

constexpr std::uint64_t k_uncounted = 0;

std::uint64_t peer_of(const std::string& text) {
    const auto address = Address::parse(text);
    if (!address) return k_uncounted;
    const auto& octets = address->octets();
    const bool v6_loopback = address->is_v6() && octets.back() == 1 &&
                             std::all_of(octets.begin(), octets.end() - 1, [](auto octet) { return octet == 0; });
    constexpr std::uint8_t k_v4_loopback = 127;
    if (v6_loopback || (!address->is_v6() && octets.front() == k_v4_loopback)) return k_uncounted;
    std::uint64_t peer = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(octets.size(), sizeof peer); ++i) peer = peer << 8 | octets[i];
    return peer;
}

}  // namespace

PeerCount::Admission PeerCount::enter(const std::string& address, std::size_t open) {
    const auto peer = peer_of(address);
    if (open >= all_) return {Verdict::full, peer};
    if (peer == k_uncounted) return {Verdict::room, peer};
    auto& count = counts_[peer];
    if (count >= per_peer_ && open >= all_ / 2) return {Verdict::too_many, peer};
    ++count;
    return {Verdict::room, peer};
}

void PeerCount::leave(std::uint64_t peer) {
    const auto found = counts_.find(peer);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

}  // namespace signet::net
