#include <thread>

#include "fixture.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

/// A server whose default profile asks for CAA, and a client with proven names.
struct Asking {
    ServerFixture server{"challenge"};
    AcmeClient client = server.registered();
    Asking() {
        server.profile().acme.caa = true;
        server.configuration.settings.caa_identities = {"ca.test"};
        server.reconfigure();
    }
    acme::OrderMessage ready(const std::vector<std::string>& names, const std::string& proof = "dns-01") {
        for (const auto& name : names) server.grant(client, name, proof);
        auto order = order_of(client.new_order(names));
        REQUIRE(order.status == "ready");
        return order;
    }
    net::Response finalize(const std::vector<std::string>& names, const std::string& proof = "dns-01") {
        return client.finalize(ready(names, proof).finalize, csr_for(names));
    }
};

net::CaaRecord issue(std::string value) { return {false, "issue", std::move(value)}; }

}  // namespace

TEST_CASE("CAA: asked when a certificate is, only where the profile wants it") {
    Asking fixture;
    fixture.server.resolver.set_caa("www.test", {issue("stranger.test")});
    const auto order = fixture.ready({"www.test"});
    CHECK(fixture.server.resolver.caa_asked().empty());
    const auto refused = fixture.client.finalize(order.finalize, csr_for({"www.test"}));
    CHECK_PROBLEM(refused, 403, "caa");
    CHECK(refused.body.find("stranger.test") == std::string::npos);
    CHECK(fixture.server.audited("certificate.refused") == 1);

    // The order stays ready: when the zone is mended the same one goes through.
    fixture.server.resolver.set_caa("www.test", {issue("ca.test")});
    CHECK(fixture.client.finalize(order.finalize, csr_for({"www.test"})).status == 200);

    fixture.server.resolver.set_caa("www.test", {issue("stranger.test")});
    fixture.server.profile().acme.caa = false;
    fixture.server.reconfigure();
    CHECK(fixture.finalize({"www.test"}).status == 200);
}

TEST_CASE("CAA: one subproblem for each name that is refused") {
    Asking fixture;
    fixture.server.resolver.set_caa("a.test", {issue(";")});
    fixture.server.resolver.break_caa("c.test");
    const auto refused = fixture.finalize({"a.test", "b.test", "c.test"});
    CHECK_PROBLEM(refused, 403, "caa");
    const auto parts = json_of(refused)["subproblems"];
    REQUIRE(parts.size() == 2);
    CHECK(parts[0]["identifier"]["value"] == "a.test");
    CHECK(parts[0]["type"] == "urn:ietf:params:acme:error:caa");
    CHECK(parts[1]["identifier"]["value"] == "c.test");
}

TEST_CASE("CAA: knows the account by its URL and how the name was proven") {
    Asking fixture;
    const auto& kid = fixture.client.kid;
    fixture.server.resolver.set_caa("own.test", {issue("ca.test; accounturi=" + kid)});
    CHECK(fixture.finalize({"own.test"}).status == 200);
    fixture.server.resolver.set_caa("other.test", {issue("ca.test; accounturi=" + kid + "x")});
    CHECK_PROBLEM(fixture.finalize({"other.test"}), 403, "caa");
    fixture.server.resolver.set_caa(
        "foreign.test", {issue("ca.test; accounturi=https://elsewhere.test" + kid.substr(kid.find("/acme/")))});
    CHECK_PROBLEM(fixture.finalize({"foreign.test"}), 403, "caa");

    fixture.server.resolver.set_caa("dns.test", {issue("ca.test; validationmethods=dns-01")});
    CHECK(fixture.finalize({"dns.test"}).status == 200);
    CHECK(fixture.finalize({"*.dns.test"}).status == 200);
    fixture.server.resolver.set_caa("web.test", {issue("ca.test; validationmethods=dns-01")});
    CHECK_PROBLEM(fixture.finalize({"web.test"}, "http-01"), 403, "caa");
}

TEST_CASE("CAA: the directory names the identities") {
    Asking fixture;
    CHECK(json_of(fixture.client.get("/acme/directory"))["meta"]["caaIdentities"] == base::Json::array({"ca.test"}));
}

TEST_CASE("CAA: name servers that stall hold no other account") {
    Asking fixture;
    fixture.server.resolver.hold("stalled.test");
    std::vector<std::thread> stalled;
    std::atomic<int> ended = 0, turned_away = 0;
    for (int i = 0; i < 9; ++i) {
        const auto name = "n" + std::to_string(i) + ".stalled.test";
        const auto order = fixture.ready({name});
        const auto request =
            fixture.client.signed_request(order.finalize, AcmeClient::finalize_payload(csr_for({name})));
        stalled.emplace_back([&, request] {
            const auto status = fixture.server.app->handle(request).status;
            if (status == 200 || status == 403) ++ended;  // refused, where all this took more than its five seconds
            if (status == 429) ++turned_away;
        });
    }
    for (int i = 0; i < 3000 && (fixture.server.resolver.held() < 8 || turned_away < 1); ++i)
        std::this_thread::sleep_for(10ms);
    CHECK(fixture.server.resolver.held() == 8);
    CHECK(turned_away == 1);
    auto other = fixture.server.registered();
    fixture.server.grant(other, "quick.test");
    const auto order = order_of(other.new_order({"quick.test"}));
    CHECK(other.finalize(order.finalize, csr_for({"quick.test"})).status == 200);
    fixture.server.resolver.release();
    for (auto& thread : stalled) thread.join();
    CHECK(ended == 8);
    fixture.client.nonce.clear();
    CHECK(fixture.finalize({"after.test"}).status == 200);
}
