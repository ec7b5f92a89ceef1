#include "client/renew.h"

#include <sys/stat.h>

#include <algorithm>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ca/rotation.h"
#include "jose/jws.h"
#include "store/certificates.h"
#include "unit/client/flow_fixture.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Error;
using base::Kind;
using test::FlowFixture;

TEST_CASE_FIXTURE(FlowFixture, "renew: not before it is due, then once") {
    fetch();
    const auto first = serial_there();
    CHECK_FALSE(renew().changed);
    server.clock.advance(11h);
    CHECK_FALSE(renew().changed);
    CHECK(serial_there() == first);
    server.clock.advance(10h);  // past the end of the window that the server's renewal information gives
    const auto renewed = renew();
    CHECK(renewed.changed);
    CHECK(renewed.old_serial == first);
    CHECK(renewed.leaf.serial_hex() == serial_there());
    CHECK(renewed.leaf.names() == record.names);
    CHECK_FALSE(renew().changed);
}

TEST_CASE_FIXTURE(FlowFixture, "renew: --before, --force, --dry-run, --reuse-key") {
    fetch();
    const auto first = serial_there();
    server.clock.advance(5h);
    CHECK_FALSE(renew().changed);
    client::RenewOptions dry{.force = true, .dry_run = true};
    CHECK(renew(dry).would_change);
    CHECK(serial_there() == first);
    const auto early = renew({.before = client::parse_before("80%")});
    CHECK(early.changed);
    const auto key = early.leaf.public_key();
    const auto forced = renew({.force = true, .reuse_key = true});
    CHECK(forced.changed);
    CHECK(forced.leaf.public_key() == key);
    CHECK_FALSE(renew({.force = true}).leaf.public_key() == key);
    CHECK_FALSE(client::load_renewal_record(target())->reuse_key);
}

TEST_CASE_FIXTURE(FlowFixture, "renew: an account that the server has forgotten is made again") {
    fetch();
    std::filesystem::remove(target() / ".signet/account.key");
    CHECK(renew({.force = true}).changed);
    CHECK(std::filesystem::exists(target() / ".signet/account.key"));
}

TEST_CASE_FIXTURE(FlowFixture, "renew: a directory that is no certificate's, or that others may write") {
    try {
        renew();
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::not_found);
    }
    CHECK_FALSE(std::filesystem::exists(target()));
    fetch();
    ::chmod(target().c_str(), 0777);
    try {
        renew({.force = true});
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::permission);
    }
}

namespace {

// A server with renewal information in front of ours.
struct Advised : FlowFixture {
    std::string start = "2027-01-15T18:00:00Z";
    std::string end = "2027-01-15T18:00:10Z";
    int status = 200;
    std::string extra;
    std::string refuse_replaces;  // problem type
    int asked = 0;
    std::vector<std::string> replaced;

    Advised() {
        before = [this](net::OutboundRequest& request) {
            if (request.url.find("/renewal-info/") != std::string::npos) ++asked;
        };
        after = [this](const net::OutboundRequest& request, net::Response& response) {
            if (request.url.ends_with("/directory")) {
                auto json = base::parse_json(response.body, "directory");
                json["renewalInfo"] = "https://ca.test/acme/renewal-info";
                response.body = base::dump_json(json);
            } else if (request.url.find("/renewal-info/") != std::string::npos) {
                response = {
                    .status = status,
                    .headers = {{"Content-Type", "application/json"}},
                    .body = R"({"suggestedWindow":{"start":")" + start + R"(","end":")" + end + "\"}" + extra + "}"};
            } else if (request.url.ends_with("/new-order")) {
                check_order(request, response);
            }
        };
    }
    void check_order(const net::OutboundRequest& request, net::Response& response) {
        const auto payload = base::parse_json(base::to_text(jose::parse_jws(request.body).payload), "order");
        if (!payload.contains("replaces")) return;
        replaced.push_back(payload["replaces"]);
        if (refuse_replaces.empty()) return;
        response.status = 409;
        response.body = R"({"type":"urn:ietf:params:acme:error:)" + refuse_replaces + R"(","detail":"no"})";
    }
};

}  // namespace

TEST_CASE_FIXTURE(Advised, "renew: renewal information makes it earlier or later") {
    fetch();  // 2027-01-15T08:00Z for 24 hours: due by lifetime at 20:00
    server.clock.advance(9h);
    CHECK_FALSE(renew().changed);
    CHECK(asked == 1);
    server.clock.advance(2h);
    const auto renewed = renew();
    CHECK(renewed.changed);
    REQUIRE(replaced.size() == 1);
    CHECK(replaced[0].find('.') != std::string::npos);
    start = "2027-01-16T10:00:00Z";
    end = "2027-01-16T10:00:10Z";
    server.clock.advance(13h);
    CHECK_FALSE(renew().changed);
    CHECK(renew({.before = client::parse_before("60%")}).changed);  // --before only ever makes it earlier
}

TEST_CASE_FIXTURE(Advised, "renew: advice into the last tenth, broken advice and no advice do not stop it") {
    fetch();
    start = "2027-02-15T10:00:00Z";
    end = "2027-02-16T10:00:00Z";
    server.clock.advance(22h);
    CHECK(renew().changed);
    for (const int code : {404, 500, 200}) {
        status = code;
        start = "nonsense";
        server.clock.advance(13h);
        CHECK(renew().changed);
    }
}

TEST_CASE_FIXTURE(Advised, "renew: a server that refuses `replaces` is asked again without") {
    fetch();
    for (const char* type : {"alreadyReplaced", "malformed", "unauthorized", "serverInternal"}) {
        CAPTURE(type);
        refuse_replaces = type;
        replaced.clear();
        CHECK(renew({.force = true}).changed);
        CHECK(replaced.size() == 1);
    }
}

TEST_CASE_FIXTURE(Advised, "renew: advice is kept as long as Retry-After says, and explained") {
    fetch();
    extra = ",\"explanationURL\":\"https://ca.test/why\"";
    server.clock.advance(1h);
    const auto first = renew();
    CHECK_FALSE(first.changed);
    REQUIRE(first.notes.size() == 1);
    CHECK(first.notes[0].find("https://ca.test/why") != std::string::npos);
    CHECK(first.ask_after == server.clock.now() + 6h);
    server.clock.advance(5h);
    CHECK(renew().notes.size() == 1);
    CHECK(asked == 1);
    server.clock.advance(2h);
    status = 500;  // what it said before still counts: 18:00
    CHECK_FALSE(renew().changed);
    CHECK(asked == 2);
    server.clock.advance(3h);
    CHECK(renew().changed);
}

TEST_CASE_FIXTURE(FlowFixture, "renew: failures make runs without names wait, and are forgotten with success") {
    fetch();
    server.clock.advance(22h);  // past what any advice may put it off to
    bool down = true;
    int orders = 0;
    after = [&](const net::OutboundRequest& request, net::Response&) {
        if (!request.url.ends_with("/new-order")) return;
        ++orders;
        if (down) throw Error(Kind::tls, "no handshake");
    };
    const auto fails = [&](const client::RenewOptions& options) {
        const int tried = orders;
        try {
            renew(options);
            FAIL("renewed");
        } catch (const Error& error) {
            CHECK(error.kind() == Kind::tls);
        }
        return orders > tried;  // whether it was tried
    };
    for (int i = 0; i < 3; ++i) CHECK(fails({}));
    CHECK_FALSE(fails({}));
    CHECK(fails({.by_name = true}));
    CHECK(fails({.force = true}));
    server.clock.advance(3min);
    CHECK_FALSE(fails({}));
    CHECK(client::next_try(target(), server.clock.now()) > server.clock.now());
    server.clock.advance(1min);
    down = false;
    CHECK(renew().changed);
    CHECK_FALSE(std::filesystem::exists(target() / ".signet/renewal-state.toml"));
}

TEST_CASE_FIXTURE(FlowFixture, "renew: a share of the jitter that the certificate decides") {
    fetch();
    const auto plain = renew().due;
    const auto late = renew({.jitter = 10min}).due;
    CHECK(late >= plain);
    CHECK(late < plain + 10min);
    CHECK(late == renew({.jitter = 10min}).due);
    CHECK(renew({.jitter = 1000h}).due < plain + 12h / 5);
}

TEST_CASE_FIXTURE(FlowFixture, "renew: a dry run asks for the account and changes nothing") {
    fetch();
    const auto old = serial_there();
    std::vector<std::string> asked;
    before = [&](net::OutboundRequest& request) { asked.push_back(request.method + " " + request.url); };
    const auto result = renew({.force = true, .dry_run = true});
    CHECK(result.would_change);
    CHECK(result.notes.empty());
    CHECK(std::ranges::count(asked, "POST https://ca.test/acme/new-account") == 1);
    CHECK(std::ranges::count(asked, "POST https://ca.test/acme/new-order") == 0);
    CHECK(serial_there() == old);
    std::filesystem::remove(target() / ".signet/account.key");
    CHECK(renew({.force = true, .dry_run = true}).notes.size() == 1);
    CHECK_FALSE(std::filesystem::exists(target() / ".signet/account.key"));
}

TEST_CASE("renew: certificates of the store renew by its own record") {
    FlowFixture f;
    base::OsRandom random;
    ca::Authorities authorities(f.server.store().layout(), f.server.clock);
    ca::Issuer issuer(f.server.store(), authorities, f.server.clock, random);
    const auto& profiles = f.server.configuration.profiles;
    client::LocalCa ca{f.server.store(), issuer, profiles, "uid 0"};
    client::LocalRequest request;
    request.profile = "default";
    request.names = f.record.names;
    request.validity = 48h;
    request.client = false;
    request.organization = "Example";
    request.key_type = crypto::KeyType::ec_p384;
    request.formats = {"pem", "combined"};
    request.access.key_mode = 0640;
    const auto first = client::enroll_locally(f.target(), request, ca, f.server.clock.now(), false).enrolled;
    const auto renew = [&](const client::RenewOptions& options) {
        return client::renew(
            f.target(), options, [&]() -> client::LocalCa& { return ca; }, f.seams());
    };
    CHECK_FALSE(renew({}).changed);
    f.server.clock.advance(25h);
    const auto renewed = renew({});
    CHECK(renewed.changed);
    CHECK(f.requests == 0);
    CHECK(renewed.old_serial == first.leaf.serial_hex());
    CHECK(renewed.leaf.names() == first.leaf.names());
    CHECK(renewed.leaf.subject() == first.leaf.subject());
    CHECK(*renewed.leaf.extended_key_usage() == *first.leaf.extended_key_usage());
    CHECK(renewed.leaf.public_key().type() == crypto::KeyType::ec_p384);
    CHECK(renewed.leaf.not_after() - renewed.leaf.not_before() == first.leaf.not_after() - first.leaf.not_before());
    CHECK(std::filesystem::exists(f.target() / "tls.pem"));

    SUBCASE("what was fetched there later renews over ACME, what was issued after that in process") {
        f.fetch();
        CHECK(renew({.force = true}).record);
        client::enroll_locally(f.target(), request, ca, f.server.clock.now(), false);
        CHECK_FALSE(renew({.force = true}).record);
    }
    SUBCASE("a revoked one is replaced by --force alone, and a key that has leaked not even then") {
        const auto refused = [&](const client::RenewOptions& options) {
            try {
                renew(options);
                return false;
            } catch (const Error& error) {
                return error.kind() == Kind::refused;
            }
        };
        const auto serial = renewed.leaf.serial_hex();
        f.server.store().write([&](store::Transaction& t) {
            const auto now = base::to_unix(f.server.clock.now());
            store::revoke_certificate(t, serial, {now, 1, now});
        });
        CHECK_FALSE(renew({}).changed);  // not due
        f.server.clock.advance(25h);
        CHECK(refused({}));
        CHECK(refused({.dry_run = true}));
        CHECK(refused({.force = true, .reuse_key = true}));
        CHECK(f.serial_there() == serial);
        CHECK(renew({.force = true}).changed);
        CHECK_FALSE(f.serial_there() == serial);
        f.server.clock.advance(25h);
        CHECK(renew({}).changed);
    }
    SUBCASE("one of a former CA moves before its time, one below a root that has leaked at once") {
        const auto usual = renew({}).due;
        signet::ca::RotateRequest next;
        signet::ca::rotate_authority(f.server.store(), next, f.server.clock, random);
        CHECK(renew({}).due < usual);
        CHECK(renew({.force = true}).due > f.server.clock.now() + 23h);
        next.root = next.compromised = true;
        signet::ca::rotate_authority(f.server.store(), next, f.server.clock, random);
        CHECK(renew({}).changed);
        CHECK_FALSE(renew({}).changed);
    }
    SUBCASE("a refusal leaves what is there") {
        auto narrow = profiles;
        narrow.at("default").permit_dns = {"**.example"};
        client::LocalCa strict{f.server.store(), issuer, narrow, "uid 0"};
        const auto old = f.serial_there();
        for (const bool dry : {true, false}) {
            CHECK_THROWS_AS(client::renew(
                                f.target(), {.force = true, .dry_run = dry},
                                [&]() -> client::LocalCa& { return strict; }, f.seams()),
                            Error);
        }
        CHECK(f.serial_there() == old);
    }
}
