// Bad weather between a client and its server: each kind ends with an error that says so, in bounded time, and leaves
// what was there whole; once it is over, the next run gets its certificate.
#include <doctest/doctest.h>

#include "base/text.h"
#include "client/fetch.h"
#include "client/renewal_state.h"
#include "client/server_limit.h"
#include "support/make_chain.h"
#include "unit/client/flow_fixture.h"
#include "x509/pem.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Error;
using base::Kind;
using test::FlowFixture;

namespace {

using Request = net::OutboundRequest;
using Response = net::Response;

bool is_certificate(const Response& response) {
    const auto* type = net::find_header(response.headers, "Content-Type");
    return type != nullptr && type->starts_with("application/pem-certificate-chain");
}

Response problem(int status, const std::string& type) {
    return {.status = status,
            .headers = {{"Content-Type", "application/problem+json"}, {"Replay-Nonce", "bm9uY2U"}},
            .body = R"({"type":"urn:ietf:params:acme:error:)" + type + R"(","detail":"the weather"})"};
}

struct Weather {
    const char* name;
    std::function<void(const Request&, Response&)> after;
    std::vector<Kind> kinds;  // any of them
    const char* says;         // in message or hint
};

const test::ChainMaker k_maker(base::from_unix(1'800'000'000));

x509::Certificate stranger() {
    test::ChainMaker maker = k_maker;
    const auto root = maker.self_signed(maker.ca_template("Stranger"));
    return maker.issue(root, maker.leaf_template({"web.internal", "10.0.0.7"})).certificate;
}

const std::vector<Weather>& forecast() {
    static const std::vector<Weather> all{
        {"down",
         [](const Request&, Response&) { throw Error(Kind::connection, "connection refused"); },
         {Kind::connection, Kind::timeout},
         "connection refused"},
        {"slow",
         [](const Request&, Response&) { throw Error(Kind::timeout, "no answer in time"); },
         {Kind::timeout},
         "in time"},
        {"closes in the middle of each certificate",
         [](const Request&, Response& r) {
             if (is_certificate(r)) throw Error(Kind::connection, "closed in the middle of the answer");
         },
         {Kind::connection},
         "closed"},
        {"a TLS certificate with another name, or past its end",
         [](const Request&, Response&) { throw Error(Kind::refused, "the certificate has expired"); },
         {Kind::refused},
         "expired"},
        {"trouble at the server",
         [](const Request& q, Response& r) {
             if (q.method == "POST") r = problem(500, "serverInternal");
         },
         {Kind::remote_problem, Kind::internal},
         "the weather"},
        {"a page of a proxy",
         [](const Request& q, Response& r) {
             if (q.url.ends_with("/directory")) r = {200, {{"Content-Type", "text/html"}}, "<html>"};
         },
         {Kind::remote_problem},
         "text/html"},
        {"a storm of bad nonces",
         [](const Request& q, Response& r) {
             if (q.method == "POST") r = problem(400, "badNonce");
         },
         {Kind::bad_nonce},
         "the weather"},
        {"a limit of rate",
         [](const Request& q, Response& r) {
             if (!q.url.ends_with("/new-order")) return;
             r = problem(429, "rateLimited");
             r.set("Retry-After", "7200");
         },
         {Kind::rate_limited},
         "try again after 7200 seconds (Retry-After)"},
        {"an order that turns invalid",
         [](const Request& q, Response& r) {
             if (q.url.ends_with("/finalize")) {
                 r.body =
                     R"({"status":"invalid","identifiers":[{"type":"dns","value":"x.test"}],"authorizations":["https://ca.test/a"],"finalize":"https://ca.test/f",)"
                     R"("error":{"type":"urn:ietf:params:acme:error:caa","detail":"CAA forbids it"}})";
             }
         },
         {Kind::caa},
         "CAA forbids it"},
        {"a chain for another key",
         [](const Request&, Response& r) {
             if (is_certificate(r)) r.body = x509::encode_certificates({stranger()});
         },
         {Kind::refused},
         "another key"},
        {"PEM with text in it",
         [](const Request&, Response& r) {
             if (is_certificate(r)) r.body = "subject=CN = web.internal\n" + r.body;
         },
         {Kind::remote_problem},
         "downloading"},
        {"a chain without end",
         [](const Request&, Response& r) {
             if (!is_certificate(r)) return;
             const auto once = r.body;
             for (int i = 0; i < 20; ++i) r.body += once;
         },
         {Kind::remote_problem},
         "downloading"},
    };
    return all;
}

Error failure(FlowFixture& f) {
    try {
        f.fetch();
    } catch (const Error& error) {
        return error;
    }
    return {Kind::internal, "it did not fail"};
}

void check_failure(FlowFixture& f, const Weather& weather) {
    f.requests = 0;
    f.after = weather.after;
    const auto error = failure(f);
    f.after = {};
    CAPTURE(error.message());
    CHECK(std::ranges::find(weather.kinds, error.kind()) != weather.kinds.end());
    CHECK((error.message() + error.hint()).find(weather.says) != std::string::npos);
    CHECK(f.requests < 400);
}

}  // namespace

TEST_CASE("weather: whatever comes back, what was there stays, and the sun comes out again") {
    for (const auto& weather : forecast()) {
        CAPTURE(weather.name);
        FlowFixture f;
        check_failure(f, weather);
        CHECK_FALSE(std::filesystem::exists(f.target() / "tls.crt"));
        f.server.clock.advance(3h);  // past what a server asked for
        f.fetch();
        const auto old = f.serial_there();
        check_failure(f, weather);
        CHECK(f.serial_there() == old);
        CHECK(deliver::installed(f.target())->key_fits);
        f.server.clock.advance(3h);
        f.fetch();
        CHECK(f.serial_there() != old);
    }
}

TEST_CASE_FIXTURE(FlowFixture, "weather: a chain that does not reach the anchors at hand is not written") {
    test::ChainMaker maker = k_maker;
    record.issued_anchors = {maker.self_signed(maker.ca_template("Another Root")).certificate};
    const auto error = failure(*this);
    CHECK(error.kind() == Kind::refused);
    CHECK(error.hint().find("--ca-file") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(target() / "tls.crt"));
}

TEST_CASE_FIXTURE(FlowFixture, "weather: a clock an hour slow is told, one an hour fast does no harm") {
    test::ManualClock slow(server.clock.now() - 1h), fast(server.clock.now() + 1h);
    const auto with = [&](base::Clock& clock) {
        const auto usual = seams();
        return client::fetch(target(), record, {},
                             {.make_transport = usual.make_transport,
                              .clock = clock,
                              .patience = usual.patience,
                              .progress = usual.progress});
    };
    try {
        with(slow);
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::refused);
        CHECK(error.hint().find("clock") != std::string::npos);
    }
    CHECK_FALSE(std::filesystem::exists(target() / "tls.crt"));
    with(fast);
    CHECK(deliver::installed(target())->key_fits);
}

TEST_CASE_FIXTURE(FlowFixture,
                  "weather: a server that limits the rate is left alone until the time it named, by every run") {
    const auto limit = [](const Request& q, Response& r) {
        if (!q.url.ends_with("/new-order")) return;
        r = problem(429, "rateLimited");
        r.set("Retry-After", "7200");
    };
    after = limit;
    CHECK(failure(*this).kind() == Kind::rate_limited);
    after = {};
    requests = 0;
    const auto error = failure(*this);
    CHECK(error.kind() == Kind::rate_limited);
    CHECK(error.message().find(base::format_time(server.clock.now() + 2h)) != std::string::npos);
    CHECK(requests == 0);
    CHECK_FALSE(std::filesystem::exists(target() / "tls.crt"));

    record.server = "https://ca.test/acme/profile/server/directory";  // another one has said nothing
    fetch();
    record.server = "https://ca.test/acme/directory";
    fetch({.force = true});
    fetch();  // which forgets it

    server.clock.advance(20h);
    after = limit;
    CHECK_THROWS_AS(renew({.by_name = true}), Error);
    after = {};
    requests = 0;
    CHECK_THROWS_AS(renew({.by_name = true}), Error);
    CHECK(requests <= 4);  // advice is asked for, nothing more
    CHECK(client::next_try(target(), server.clock.now()) == server.clock.now() + 2h);
    CHECK(client::load_renewal_state(target(), serial_there()).failures == 1);
    const auto old = serial_there();
    server.clock.advance(2h);
    renew({.by_name = true});
    CHECK(serial_there() != old);
    CHECK_FALSE(client::server_limit(target(), server.clock.now()));
}

TEST_CASE_FIXTURE(FlowFixture,
                  "weather: a server's limit that outlasts the certificate is kept for half of what is left") {
    fetch();
    const auto end = deliver::installed(target())->chain.front().not_after();
    server.clock.advance(20h);
    after = [](const Request& q, Response& r) {
        if (!q.url.ends_with("/new-order")) return;
        r = problem(429, "rateLimited");
        r.set("Retry-After", "86400");
    };
    for (int tries = 0; tries < 3; ++tries) {
        const auto now = server.clock.now();
        CHECK_THROWS_AS(renew({.by_name = true}), Error);
        const auto limit = client::server_limit(target(), now);
        REQUIRE(limit);
        CHECK(limit->until <= now + (end - now) / 2);
        CHECK(limit->until > now + (end - now) / 2 - 2s);
        CHECK(client::next_try(target(), now) == limit->until);
        requests = 0;
        CHECK_THROWS_AS(renew({.by_name = true}), Error);
        CHECK(requests <= 4);  // until then it is left alone
        server.clock.set(limit->until);
    }
    after = {};
    const auto old = serial_there();
    renew({.by_name = true});
    CHECK(serial_there() != old);
    CHECK(server.clock.now() < end);
}

TEST_CASE_FIXTURE(FlowFixture, "weather: a note of a limit that is damaged, or beyond all bounds, silences nobody") {
    fetch();
    client::remember_limit(target(), {record.server, server.clock.now() + 1h}, server.clock.now());
    CHECK_THROWS_AS(fetch(), Error);
    client::remember_limit(target(), {record.server, server.clock.now() + 72h},
                           server.clock.now() + 70h);  // by a clock that was wrong
    fetch();
    base::write_file(target() / ".signet" / "server-limit.toml", "until = nonsense",
                     {.mode = 0600, .owner = {}, .group = {}, .exclusive = false});
    fetch();
}
