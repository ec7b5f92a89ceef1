#include "client/session.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "jose/jws.h"
#include "support/manual_clock.h"
#include "support/scripted_transport.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Error;
using base::Kind;

namespace {

constexpr char k_base[] = "https://ca.test";

net::Response json_response(int status, const std::string& body) {
    return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body};
}

net::Response problem(int status, const std::string& type, const std::string& detail = "because") {
    return {.status = status,
            .headers = {{"Content-Type", "application/problem+json"}},
            .body = R"({"type":"urn:ietf:params:acme:error:)" + type + R"(","detail":")" + detail + "\"}"};
}

// A server with a directory and nonces; what a POST gets is up to the test.
struct Fixture {
    test::ManualClock clock;
    crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    std::function<net::Response(const net::OutboundRequest&, const jose::Jws&)> on_post;
    std::function<net::Response(const net::OutboundRequest&)> on_directory = [](const net::OutboundRequest&) {
        return json_response(200, R"({"newNonce":"https://ca.test/nonce","newAccount":"https://ca.test/account",)"
                                  R"("newOrder":"https://ca.test/order","revokeCert":"https://ca.test/revoke",)"
                                  R"("keyChange":"https://ca.test/key"})");
    };
    int nonce = 0;
    std::set<std::string> used;
    std::vector<std::string> steps;

    test::ScriptedTransport transport{[this](const net::OutboundRequest& request) { return answer(request); }};
    client::Session session{transport,    clock,
                            key,          std::string(k_base) + "/directory",
                            {clock, 60s}, [this](std::string_view step) {
            steps.emplace_back(step); }};

    std::string fresh_nonce() { return "n" + std::to_string(1'000'000 + ++nonce); }

    net::Response answer(const net::OutboundRequest& request) {
        if (request.url.ends_with("/directory")) return on_directory(request);
        if (request.url.ends_with("/nonce")) return {.status = 200, .headers = {{"replay-nonce", fresh_nonce()}}};
        const auto jws = jose::parse_jws(request.body);
        REQUIRE(jose::verify_jws(jws, key.public_key()));
        CHECK(jws.url == request.url);
        REQUIRE(jws.nonce);
        CHECK_MESSAGE(used.insert(*jws.nonce).second, "a nonce was used twice: ", *jws.nonce);
        CHECK(*net::find_header(request.headers, "content-type") == "application/jose+json");
        return on_post(request, jws);
    }
    net::Response with_nonce(net::Response response) {
        response.set("Replay-Nonce", fresh_nonce());
        return response;
    }
    Kind kind_of_post(const std::string& path = "/x") {
        try {
            session.post(k_base + path, "{}", "testing");
        } catch (const Error& error) {
            CAPTURE(error.message());
            CHECK_FALSE(error.message().empty());
            return error.kind();
        }
        return Kind::internal;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "session: signs with the key, then by account; reads with an empty payload") {
    std::vector<std::string> kids, payloads;
    on_post = [&](const net::OutboundRequest&, const jose::Jws& jws) {
        kids.push_back(jws.kid.value_or("jwk"));
        payloads.push_back(base::to_text(jws.payload));
        return with_nonce(json_response(200, "{}"));
    };
    session.post("https://ca.test/account", R"({"a":1})", "testing");
    session.use_account("https://ca.test/account/7");
    session.read("https://ca.test/order/1", "testing");
    CHECK(kids == std::vector<std::string>{"jwk", "https://ca.test/account/7"});
    CHECK(payloads == std::vector<std::string>{R"({"a":1})", ""});
    // One nonce was asked for; the second came with the first answer.
    CHECK(nonce == 3);
}

TEST_CASE_FIXTURE(Fixture, "session: a bad nonce is tried again with the nonce that the refusal brings") {
    int refusals = 20;
    std::string expected;
    on_post = [&](const net::OutboundRequest&, const jose::Jws& jws) {
        if (!expected.empty()) CHECK(*jws.nonce == expected);
        auto response = with_nonce(refusals-- > 0 ? problem(400, "badNonce") : json_response(200, "{}"));
        expected = *net::find_header(response.headers, "Replay-Nonce");
        return response;
    };
    CHECK(session.post("https://ca.test/x", "{}", "testing").status == 200);
    CHECK(clock.waits().empty());
}

TEST_CASE_FIXTURE(Fixture, "session: a server that never takes a nonce is given up") {
    int posts = 0;
    on_post = [&](const net::OutboundRequest&, const jose::Jws&) {
        ++posts;
        return with_nonce(problem(400, "badNonce"));
    };
    CHECK(kind_of_post() == Kind::bad_nonce);
    CHECK(posts < 200);
}

TEST_CASE_FIXTURE(Fixture, "session: refusals are errors of their own kind") {
    struct Row {
        net::Response response;
        Kind kind;
    };
    const Row rows[] = {
        {problem(400, "rejectedIdentifier"), Kind::rejected_identifier},
        {problem(403, "unauthorized"), Kind::unauthorized},
        {problem(403, "orderNotReady"), Kind::order_not_ready},
        {problem(400, "malformed"), Kind::remote_problem},  // our message, not the user's words
        {problem(400, "somethingNew"), Kind::remote_problem},
        {net::Response::text(404, "<html>not here</html>"), Kind::remote_problem},
        {net::Response{.status = 302, .headers = {{"Location", "https://elsewhere/"}}}, Kind::remote_problem},
    };
    for (const auto& row : rows) {
        CAPTURE(row.response.body);
        int posts = 0;
        on_post = [&](const net::OutboundRequest&, const jose::Jws&) {
            ++posts;
            return with_nonce(row.response);
        };
        CHECK(kind_of_post() == row.kind);
        CHECK(posts == 1);
    }
}

TEST_CASE_FIXTURE(Fixture, "session: server errors and broken connections are tried again, with a new nonce") {
    int posts = 0;
    on_post = [&](const net::OutboundRequest&, const jose::Jws&) -> net::Response {
        if (++posts == 1) return with_nonce(problem(500, "serverInternal"));
        if (posts == 2) throw Error(Kind::connection, "closed while reading");
        if (posts == 3) return with_nonce(net::Response::text(503, "<html>starting</html>"));
        return with_nonce(json_response(200, "{}"));
    };
    CHECK(session.post("https://ca.test/x", "{}", "testing").status == 200);
    CHECK(posts == 4);
    posts = 1000;
    on_post = [&](const net::OutboundRequest&, const jose::Jws&) { return with_nonce(problem(500, "serverInternal")); };
    CHECK(kind_of_post() == Kind::remote_problem);
}

TEST_CASE_FIXTURE(Fixture, "session: Retry-After is waited for, but not past the deadline") {
    int posts = 0;
    on_post = [&](const net::OutboundRequest&, const jose::Jws&) {
        auto response = with_nonce(++posts == 1 ? problem(429, "rateLimited") : json_response(200, "{}"));
        if (posts == 1) response.set("Retry-After", "7");
        return response;
    };
    CHECK(session.post("https://ca.test/x", "{}", "testing").status == 200);
    REQUIRE(clock.waits().size() == 1);
    CHECK(clock.waits()[0] == 7s);

    posts = 0;
    on_post = [&](const net::OutboundRequest&, const jose::Jws&) {
        ++posts;
        auto response = with_nonce(problem(429, "rateLimited"));
        response.set("Retry-After", "3600");
        return response;
    };
    CHECK(kind_of_post() == Kind::rate_limited);
    CHECK(posts == 1);
    CHECK(clock.waits().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "session: waits for a server that is not up, until the time is up") {
    int tries = 0;
    const auto up = on_directory;
    on_directory = [&](const net::OutboundRequest& request) {
        if (++tries < 5) throw Error(Kind::connection, "connection refused");
        return up(request);
    };
    CHECK(session.directory().new_order == "https://ca.test/order");
    CHECK(steps.size() == 1);

    const auto started = clock.now();
    on_directory = [](const net::OutboundRequest&) -> net::Response { throw Error(Kind::connection, "refused"); };
    client::Session second(transport, clock, key, "https://ca.test/directory", {clock, 60s}, [](std::string_view) {});
    CHECK_THROWS_AS(second.directory(), Error);
    CHECK(clock.now() - started > 55s);
    CHECK(clock.now() - started <= 60s);
}

TEST_CASE_FIXTURE(Fixture, "session: a clock that is set in the middle leaves the time that there is as it was") {
    int posts = 0;
    on_post = [&](const net::OutboundRequest&, const jose::Jws&) {
        if (++posts == 1) clock.advance(-48h);
        return with_nonce(json_response(200, "0"));
    };
    const auto parse = [](const base::Json& json) { return json.get<int>(); };
    const auto begun = clock.steady();
    const auto poll = [&] {
        session.poll("https://ca.test/o", "testing", parse, [&](int) {
            REQUIRE(posts < 100);
            return false;
        });
    };
    CHECK_THROWS_AS(poll(), Error);
    CHECK(clock.steady() - begun <= 60s);
    CHECK(clock.steady() - begun > 40s);
    // The next step of the same conversation has no time of its own; nor does a clock that is set forward take any.
    CHECK_THROWS_AS(poll(), Error);
    CHECK(clock.steady() - begun <= 60s);
    client::Session second(transport, clock, key, "https://ca.test/directory", {clock, 60s}, [](std::string_view) {});
    second.directory();
    clock.set(clock.now() + 48h);
    posts = 1;
    CHECK_THROWS_AS(second.poll("https://ca.test/o", "testing", parse, [](int) { return false; }), Error);
    CHECK(posts > 5);
}

TEST_CASE_FIXTURE(Fixture, "session: a server that is not believed is not asked twice") {
    int tries = 0;
    on_directory = [&](const net::OutboundRequest&) -> net::Response {
        ++tries;
        throw Error(Kind::tls, "its certificate is not accepted");
    };
    CHECK_THROWS_AS(session.directory(), Error);
    CHECK(tries == 1);
}

TEST_CASE_FIXTURE(Fixture, "session: what is no directory is a problem of the other side") {
    for (const char* body : {"<html>welcome</html>", "", "[]", "{}", R"({"newNonce":"https://ca.test/nonce"})",
                             R"({"newNonce":1})", "{\"newNonce\":\"https://ca.test/nonce\",\"newAcc"}) {
        CAPTURE(body);
        on_directory = [&](const net::OutboundRequest&) { return json_response(200, body); };
        try {
            session.directory();
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.kind() == Kind::remote_problem);
        }
    }
    on_directory = [](const net::OutboundRequest&) { return net::Response::text(404, "nothing here"); };
    CHECK_THROWS_AS(session.directory(), Error);
}

TEST_CASE_FIXTURE(Fixture, "session: polls at the server's pace, within bounds") {
    int posts = 0;
    on_post = [&](const net::OutboundRequest&, const jose::Jws&) {
        auto response = with_nonce(json_response(200, std::to_string(++posts)));
        response.set("Retry-After", posts == 1 ? "3" : "3600");
        return response;
    };
    const auto parse = [](const base::Json& json) { return json.get<int>(); };
    CHECK(session.poll("https://ca.test/o", "testing", parse, [](int value) { return value == 3; }) == 3);
    CHECK(clock.waits() == std::vector<base::Duration>{3s, 10s});
    try {
        session.poll("https://ca.test/o", "testing", parse, [](int) { return false; });
        FAIL("never ends");
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::timeout);
    }
}
