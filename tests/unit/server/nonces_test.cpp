#include "server/nonces.h"

#include <atomic>
#include <doctest/doctest.h>
#include <set>
#include <thread>

#include "base/encoding.h"
#include "support/seeded_random.h"
#include "support/temporary_store.h"

using namespace signet;
using namespace std::chrono_literals;

namespace {
const auto k_now = base::from_unix(1'800'000'000);

/// As a server begins with them.
struct Nonces : server::Nonces {
    Nonces(store::Store& store, base::Random& random) : server::Nonces(store, random) {
        store.write([&](store::Transaction& transaction) { begin(transaction); });
    }
};
}  // namespace

TEST_CASE("nonces: each is accepted once") {
    test::TemporaryStore store;
    base::OsRandom random;
    Nonces nonces(*store, random);
    const auto one = nonces.issue(k_now), two = nonces.issue(k_now);
    CHECK(one != two);
    CHECK(nonces.redeem(two, k_now));
    CHECK_FALSE(nonces.redeem(two, k_now));
    CHECK(nonces.redeem(one, k_now));
    CHECK_FALSE(nonces.redeem(one, k_now));
}

TEST_CASE("nonces: base64url, and no two alike") {
    test::TemporaryStore store;
    base::OsRandom random;
    Nonces nonces(*store, random);
    std::set<std::string> seen;
    for (int i = 0; i < 5000; ++i) {
        const auto nonce = nonces.issue(k_now);
        CHECK(base::base64url_decode(nonce).value_or(base::Bytes{}).size() >= 16);
        seen.insert(nonce);
    }
    CHECK(seen.size() == 5000);
}

TEST_CASE("nonces: one nonce from twenty threads is accepted once") {
    test::TemporaryStore store;
    base::OsRandom random;
    Nonces nonces(*store, random);
    for (int round = 0; round < 50; ++round) {
        const auto nonce = nonces.issue(k_now);
        std::atomic<int> accepted = 0;
        std::vector<std::jthread> threads;
        for (int i = 0; i < 20; ++i) threads.emplace_back([&] { accepted += nonces.redeem(nonce, k_now) ? 1 : 0; });
        threads.clear();
        CHECK(accepted == 1);
    }
}

TEST_CASE("nonces: what we did not make is refused") {
    test::TemporaryStore store, other_store;
    base::OsRandom random;
    Nonces nonces(*store, random), other(*other_store, random);
    const auto good = nonces.issue(k_now);
    CHECK_FALSE(nonces.redeem(other.issue(k_now), k_now));
    CHECK_FALSE(nonces.redeem("", k_now));
    CHECK_FALSE(nonces.redeem("AAAA", k_now));
    CHECK_FALSE(nonces.redeem(std::string(good.size(), 'A'), k_now));
    CHECK_FALSE(nonces.redeem(good + "A", k_now));
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bent = good;
        bent[i] = bent[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(nonces.redeem(bent, k_now));
    }
    CHECK(nonces.redeem(good, k_now));
}

TEST_CASE("nonces: they age") {
    test::TemporaryStore store;
    base::OsRandom random;
    Nonces nonces(*store, random);
    nonces.set_lifetime(1h);
    const auto a = nonces.issue(k_now), b = nonces.issue(k_now);
    CHECK(nonces.redeem(a, k_now + 1h));
    CHECK_FALSE(nonces.redeem(b, k_now + 1h + 1s));
}

TEST_CASE("nonces: a crash makes older ones void, whether used or not") {
    test::TemporaryStore store;
    base::OsRandom random;
    std::string used, unused;
    {
        Nonces nonces(*store, random);
        used = nonces.issue(k_now);
        unused = nonces.issue(k_now);
        CHECK(nonces.redeem(used, k_now));
    }
    Nonces nonces(*store, random);
    CHECK_FALSE(nonces.redeem(used, k_now));
    CHECK_FALSE(nonces.redeem(unused, k_now));
    CHECK(nonces.redeem(nonces.issue(k_now), k_now));
}

TEST_CASE("nonces: a clean stop keeps outstanding ones good, once, and used ones used") {
    test::TemporaryStore store;
    base::OsRandom random;
    std::vector<std::string> all;
    {
        Nonces nonces(*store, random);
        for (int i = 0; i < 10'000; ++i) all.push_back(nonces.issue(k_now));  // more than one block
        for (std::size_t i = 0; i < all.size(); i += 2) CHECK(nonces.redeem(all[i], k_now));
        nonces.save();
        CHECK_FALSE(nonces.redeem(all[1], k_now));
    }
    {
        Nonces nonces(*store, random);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (nonces.redeem(all[i], k_now) != (i % 2 == 1)) FAIL("nonce " << i);
        }
        CHECK(nonces.redeem(nonces.issue(k_now), k_now));
    }
    Nonces nonces(*store, random);  // the state was taken out: a crash after a clean stop is a crash
    CHECK_FALSE(nonces.redeem(all[1], k_now));
}

TEST_CASE("nonces: forgotten blocks refuse, newer ones go on") {
    test::TemporaryStore store;
    base::OsRandom random;
    Nonces nonces(*store, random);
    nonces.set_lifetime(1h);
    const auto old = nonces.issue(k_now);
    for (int i = 0; i < 5000; ++i) nonces.issue(k_now);
    std::string fresh;
    for (int i = 0; i < 10'000; ++i) fresh = nonces.issue(k_now + 2h);
    CHECK_FALSE(nonces.redeem(old, k_now));
    CHECK(nonces.redeem(fresh, k_now + 2h));
    CHECK_FALSE(nonces.redeem(fresh, k_now + 2h));
}
