#include <set>

#include "fixture.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

TEST_CASE("orders: in trust mode an order is ready at once and lists challenges that hold") {
    ServerFixture server;
    auto client = server.registered();
    const auto response = client.new_order({"a.test", "10.0.0.1"});
    CHECK(response.status == 201);
    const auto order = order_of(response);
    CHECK(order.status == "ready");
    CHECK(order.profile == "default");
    CHECK(base::to_unix(*order.expires) == base::to_unix(server.clock.now() + 24h));
    REQUIRE(order.authorizations.size() == 2);
    const auto authorization = json_of(client.post(order.authorizations[0], ""));
    CHECK(authorization["status"] == "valid");
    CHECK(authorization.contains("expires"));
    CHECK(authorization["identifier"]["value"] == "a.test");
    CHECK_FALSE(authorization.contains("wildcard"));
    REQUIRE(authorization["challenges"].size() == 3);  // each that applies
    const auto& challenge = authorization["challenges"][0];
    CHECK(challenge["type"] == "http-01");
    CHECK(challenge["status"] == "valid");
    std::set<std::string> tokens;
    for (const auto& each : authorization["challenges"]) {
        const auto token = each["token"].get<std::string>();
        CHECK(base::base64url_decode(token).value_or(base::Bytes{}).size() >= 16);
        tokens.insert(token);
    }
    CHECK(tokens.size() == 3);
    CHECK(challenge.contains("validated"));
    // A client that posts it all the same is answered with what is there.
    const auto posted = client.post(challenge["url"].get<std::string>(), "{}");
    CHECK(posted.status == 200);
    CHECK(json_of(posted)["status"] == "valid");
}

TEST_CASE("orders: in challenge mode everything is pending") {
    ServerFixture server("challenge");
    auto client = server.registered();
    const auto response = client.new_order({"a.test"});
    CHECK(header_of(response, "Retry-After") == "1");
    const auto order = order_of(response);
    CHECK(order.status == "pending");
    const auto authorization = json_of(client.post(order.authorizations.at(0), ""));
    CHECK(authorization["status"] == "pending");
    CHECK(authorization["challenges"][0]["status"] == "pending");
    CHECK_FALSE(authorization["challenges"][0].contains("validated"));
    CHECK_PROBLEM(client.finalize(order.finalize, csr_for({"a.test"})), 403, "orderNotReady");
}

TEST_CASE("orders: a wildcard's authorization is for the base name and says so") {
    ServerFixture server;
    auto client = server.registered();
    const auto order = order_of(client.new_order({"*.a.test"}));
    CHECK(order.identifiers.at(0).text() == "*.a.test");
    const auto authorization = json_of(client.post(order.authorizations.at(0), ""));
    CHECK(authorization["identifier"]["value"] == "a.test");
    CHECK(authorization["wildcard"] == true);
}

TEST_CASE("orders: hopeless ones are refused at once, with a subproblem for each name") {
    ServerFixture server("challenge");
    server.profile().permit_dns = {"**.test"};
    server.reconfigure();
    auto client = server.registered();
    const auto response = client.new_order({"a.test", "b.example", "c.example"});
    CHECK_PROBLEM(response, 400, "rejectedIdentifier");
    const auto json = json_of(response);
    REQUIRE(json["subproblems"].size() == 2);
    CHECK(json["subproblems"][0]["identifier"]["value"] == "b.example");
    // No challenge at all can prove a URI.
    CHECK_PROBLEM(client.new_order({"spiffe://mesh.test/a"}), 400, "rejectedIdentifier");
}

TEST_CASE("orders: a subproblem has the identifier as it was sent") {
    ServerFixture server;
    auto client = server.registered();
    const base::Json sent = base::parse_json(
        R"([{"type":"ip","value":"10.0.0.256"},{"type":"ip","value":"fe80::1%eth0"},{"type":"dns","value":"10.0.0.1"},
            {"type":"foo","value":"x"},{"type":"dns","value":"b\u00fccher.test"},{"type":"dns","value":""}])",
        "test");
    const auto response = client.post("/acme/new-order", base::dump_json({{"identifiers", sent}}));
    CHECK_PROBLEM(response, 400, "rejectedIdentifier");
    const auto parts = json_of(response)["subproblems"];
    REQUIRE(parts.size() == sent.size());
    for (std::size_t i = 0; i < parts.size(); ++i) CHECK(parts[i]["identifier"] == sent[i]);
}

TEST_CASE("orders: an IPv4 address in the form of an IPv6 address is refused") {
    ServerFixture server;
    server.configuration.settings.hostnames = {"ca.test", "192.0.2.7"};
    server.reconfigure();
    auto client = server.registered();
    CHECK_PROBLEM(client.new_order({"192.0.2.7"}), 400, "rejectedIdentifier");
    CHECK_PROBLEM(client.new_order({"::ffff:192.0.2.7"}), 400, "rejectedIdentifier");
    CHECK_PROBLEM(client.new_order({"::ffff:10.0.0.1"}), 400, "rejectedIdentifier");
    CHECK(client.new_order({"2001:db8::7"}).status == 201);
}

TEST_CASE("orders: the CA's own names are never issued over ACME") {
    ServerFixture server;
    server.configuration.settings.hostnames = {"ca.corp.test"};
    server.configuration.settings.external_url = "https://acme.example.test";
    server.reconfigure();
    auto client = server.client();
    client.host = "ca.corp.test";
    client.register_account();
    for (const char* name : {"ca.corp.test", "CA.corp.test", "*.corp.test", "acme.example.test"}) {
        CAPTURE(name);
        CHECK_PROBLEM(client.new_order({"fine.corp.test", name}), 400, "rejectedIdentifier");
    }
    CHECK(client.new_order({"www.corp.test"}).status == 201);
}

TEST_CASE("orders: lifetimes that cannot be honoured are an error, never changed") {
    ServerFixture server;
    auto client = server.registered();
    const auto ask = [&](base::Duration validity) {
        return client.post("/acme/new-order", R"({"identifiers":[{"type":"dns","value":"a.test"}],"notAfter":")" +
                                                  base::format_time(server.clock.now() + validity) + "\"}");
    };
    CHECK(ask(24h * 500).status >= 400);
    CHECK(ask(24h * -1).status >= 400);
    const auto response = ask(48h);
    REQUIRE(response.status == 201);
    const auto done = client.finalize(order_of(response).finalize, csr_for({"a.test"}));
    REQUIRE(done.status == 200);
    const auto chain = x509::parse_certificates(client.post(order_of(done).certificate, "").body, "chain");
    CHECK(chain.at(0).not_after() == server.clock.now() + 48h);
}

TEST_CASE("orders: may name any profile, whose mode and rules then apply") {
    ServerFixture server("challenge");
    server.profile("client").acme.auth = "trust";
    server.reconfigure();
    auto client = server.registered();
    const auto trusted = order_of(client.new_order({"a.test"}, "/acme/new-order", "client"));
    CHECK(trusted.status == "ready");
    CHECK(trusted.profile == "client");
    CHECK(order_of(client.new_order({"a.test"}, "/acme/profile/client/new-order")).status == "ready");
    CHECK(order_of(client.new_order({"a.test"}, "/acme/profile/client/new-order", "default")).status == "pending");
    CHECK_PROBLEM(client.new_order({"a.test"}, "/acme/new-order", "nope"), 400, "invalidProfile");
}

TEST_CASE("orders: without a default profile the answer names the profiles") {
    ServerFixture server;
    server.configuration.settings.default_profile.clear();
    server.reconfigure();
    auto client = server.registered();
    CHECK(client.get("/acme/directory").status == 200);
    const auto response = client.new_order({"a.test"});
    CHECK_PROBLEM(response, 403, "userActionRequired");
    CHECK(response.body.find("svid") != std::string::npos);
    CHECK(client.new_order({"a.test"}, "/acme/new-order", "server").status == 201);
}

TEST_CASE("orders: an order that was not finished in time is invalid") {
    ServerFixture server;
    auto client = server.registered();
    const auto made = client.new_order({"a.test"});
    server.clock.advance(24h + 1s);
    const auto order = json_of(client.post(header_of(made, "Location"), ""));
    CHECK_PROBLEM(client.post(client.kid, "", {.nonce = "AA"}), 400, "badNonce");
    const auto later = json_of(client.post(header_of(made, "Location"), ""));
    CHECK(later["status"] == "invalid");
    CHECK(later["error"]["detail"].get<std::string>().find("expired") != std::string::npos);
    CHECK_PROBLEM(client.finalize(order_of(made).finalize, csr_for({"a.test"})), 403, "orderNotReady");
    CHECK(json_of(client.post(order_of(made).authorizations.at(0), ""))["status"] == "expired");
}

TEST_CASE("orders: read by POST-as-GET only") {
    ServerFixture server;
    auto client = server.registered();
    const auto url = header_of(client.new_order({"a.test"}), "Location");
    CHECK_PROBLEM(client.post(url, "{}"), 400, "malformed");
    CHECK(client.post(url, "").status == 200);
}

TEST_CASE("orders: evidence of trust does not serve a profile that wants challenges") {
    ServerFixture server("challenge");
    server.profile("client").acme.auth = "trust";
    server.reconfigure();
    auto client = server.registered();
    CHECK(order_of(client.new_order({"a.test"}, "/acme/new-order", "client")).status == "ready");
    CHECK(order_of(client.new_order({"a.test"})).status == "pending");  // not reused

    // Nor does an order that trust made ready get through once the profile's mode is another.
    const auto order = order_of(client.new_order({"b.test"}, "/acme/new-order", "client"));
    server.profile("client").acme.auth = "challenge";
    server.reconfigure();
    const auto response = client.finalize(order.finalize, csr_for({"b.test"}));
    CHECK_PROBLEM(response, 401, "unauthorized");
}

TEST_CASE("orders: an authorization can be given up, and is then no use") {
    ServerFixture server;
    auto client = server.registered();
    const auto order = order_of(client.new_order({"a.test"}));
    const auto response = client.post(order.authorizations.at(0), R"({"status":"deactivated"})");
    CHECK(response.status == 200);
    CHECK(json_of(response)["status"] == "deactivated");
    CHECK_PROBLEM(client.finalize(order.finalize, csr_for({"a.test"})), 403, "orderNotReady");
    CHECK_PROBLEM(client.post(order.authorizations.at(0), R"({"status":"valid"})"), 400, "malformed");
}
