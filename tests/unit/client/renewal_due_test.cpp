#include "client/renewal_due.h"

#include <doctest/doctest.h>

#include "ca/rotation.h"
#include "store/certificates.h"
#include "unit/client/flow_fixture.h"

using namespace signet;
using namespace std::chrono_literals;

namespace {

// What is foretold, and what a run says, of one directory.
struct Foretold : test::FlowFixture {
    base::OsRandom random;
    ca::Authorities authorities{server.store().layout(), server.clock};
    ca::Issuer issuer{server.store(), authorities, server.clock, random};
    client::LocalCa local{server.store(), issuer, server.configuration.profiles, "uid 0"};

    std::optional<client::Forecast> foretell(store::Store* store) {
        return client::forecast(target(), deliver::installed(target())->chain.front(), store, server.clock.now());
    }
    std::optional<client::Forecast> foretell() { return foretell(&server.store()); }
    client::Renewed run(const client::RenewOptions& options = {}) {
        return client::renew(
            target(), options, [&]() -> client::LocalCa& { return local; }, seams());
    }
    void issue() {
        client::LocalRequest request;
        request.profile = "default";
        request.names = record.names;
        client::enroll_locally(target(), request, local, server.clock.now(), false);
    }
    void revoke(int reason) {
        server.store().write([&](store::Transaction& transaction) {
            const auto now = base::to_unix(server.clock.now());
            store::revoke_certificate(transaction, serial_there(), {now, reason, now});
        });
    }
    void rotate(bool compromised = false) {
        ca::RotateRequest next;
        next.root = next.compromised = compromised;
        ca::rotate_authority(server.store(), next, server.clock, random);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Foretold, "forecast: over ACME what the server says, asked or not") {
    fetch();
    const auto asked = requests;
    const auto first = foretell();
    REQUIRE(first);
    CHECK(requests == asked);
    CHECK(first->server == record.server);
    CHECK_FALSE(first->refused);
    const auto by_lifetime = foretell(nullptr)->due;  // without a store, and before any advice
    CHECK(first->due != by_lifetime);
    CHECK(run().due == first->due);
    CHECK(foretell()->due == first->due);
    CHECK(foretell(nullptr)->due == first->due);  // saved advice

    SUBCASE("revoked: while the saved advice holds nothing is asked, then it is due") {
        revoke(4);
        CHECK(run().due == foretell()->due);
        CHECK(foretell()->due == first->due);
        client::forget_renewal_state(target());
        CHECK_FALSE(foretell()->refused);
        CHECK(foretell()->due <= server.clock.now());
        CHECK(run().changed);
    }
    SUBCASE("shortly before the end no advice counts") {
        server.clock.advance(23h);
        CHECK(foretell()->due == by_lifetime);
    }
}

TEST_CASE_FIXTURE(Foretold, "forecast: in process by lifetime, a rotation, a compromise") {
    issue();
    const auto usual = foretell();
    REQUIRE(usual);
    CHECK(usual->server.empty());
    CHECK(usual->due == run().due);
    CHECK_FALSE(foretell(nullptr));
    rotate();
    CHECK(foretell()->due < usual->due);
    CHECK(foretell()->due == run().due);
    rotate(true);
    CHECK(foretell()->due <= server.clock.now());
    CHECK_FALSE(foretell()->refused);
    CHECK(run().changed);
}

TEST_CASE_FIXTURE(Foretold, "forecast: a revoked one of the store is refused when it is due") {
    issue();
    CHECK_FALSE(foretell()->refused);
    revoke(1);
    CHECK(foretell()->refused);
    CHECK(foretell()->due == run().due);
    server.clock.advance(13h);
    CHECK_THROWS_AS(run(), base::Error);
}

TEST_CASE_FIXTURE(Foretold, "forecast: nothing of what neither fetch nor issue has made") {
    fetch();
    client::remove_renewal_record(target());
    CHECK_FALSE(foretell());
}
