#include "net/peer_count.h"

#include <doctest/doctest.h>

using namespace signet;
using Verdict = net::PeerCount::Verdict;

TEST_CASE("peer count: one peer gets no further than half, and others still come in") {
    net::PeerCount peers(20, 4);
    std::size_t open = 0;
    const auto enter = [&](const std::string& address) {
        const auto verdict = peers.enter(address, open).verdict;
        open += verdict == Verdict::room ? 1 : 0;
        return verdict;
    };
    for (int i = 0; i < 10; ++i) CHECK(enter("192.0.2.1") == Verdict::room);  // a fleet behind one address
    CHECK(enter("192.0.2.1") == Verdict::too_many);
    for (int i = 0; i < 4; ++i) CHECK(enter("192.0.2.2") == Verdict::room);
    CHECK(enter("192.0.2.2") == Verdict::too_many);
    for (int i = 0; i < 6; ++i) CHECK(enter("127.0.0.1") == Verdict::room);  // a proxy on this machine
    CHECK(enter("127.0.0.1") == Verdict::full);
    CHECK(enter("192.0.2.3") == Verdict::full);
}

TEST_CASE("peer count: who leaves makes room, and an IPv6 network is one peer") {
    net::PeerCount peers(4, 1);
    const auto first = peers.enter("2001:db8::1", 2);
    CHECK(first.verdict == Verdict::room);
    CHECK(peers.enter("2001:db8::ffff:2", 3).verdict == Verdict::too_many);
    CHECK(peers.enter("2001:db8:0:1::1", 3).verdict == Verdict::room);
    CHECK(peers.enter("::1", 3).verdict == Verdict::room);
    peers.leave(first.peer);
    CHECK(peers.enter("2001:db8::ffff:2", 3).verdict == Verdict::room);
}
