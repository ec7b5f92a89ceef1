#include "fixture.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

std::string payload_for(const std::string& value, const std::string& type = "dns") {
    return R"({"identifier":{"type":")" + type + R"(","value":")" + value + "\"}}";
}

/// As a validation that succeeded.
void settle(ServerFixture& server, AcmeClient& client, const std::string& authorization) {
    const auto url = json_of(client.post(authorization, ""))["challenges"][0]["url"].get<std::string>();
    const auto id = url.substr(url.rfind('/') + 1);
    const auto now = base::to_unix(server.clock.now());
    server.store().write([&](store::Transaction& t) {
        REQUIRE(store::start_challenge(t, id, now));
        store::settle_challenge(t, id, {}, now, now + 86400);
    });
}

}  // namespace

TEST_CASE("preauthorization: proved before the order, used by it") {
    ServerFixture server("challenge");
    auto client = server.registered();
    CHECK(json_of(client.get("/acme/profile/client/directory"))["newAuthz"] ==
          "https://ca.test:8443/acme/profile/client/new-authz");
    const auto made = client.post("/acme/new-authz", payload_for("A.test"));
    CHECK(made.status == 201);
    const auto url = header_of(made, "Location");
    CHECK(url.starts_with("https://ca.test:8443/acme/authorization/"));
    CHECK(json_of(made)["status"] == "pending");
    CHECK(json_of(made)["identifier"]["value"] == "a.test");
    CHECK(json_of(made).contains("expires"));
    CHECK(json_of(made)["challenges"].size() == 3);
    CHECK(client.post(url, "").body == made.body);

    settle(server, client, url);
    const auto order = order_of(client.new_order({"a.test"}));
    CHECK(order.status == "ready");
    CHECK(order.authorizations.at(0) == url);
    CHECK(header_of(client.post("/acme/new-authz", payload_for("a.test")), "Location") == url);
    CHECK(client.finalize(order.finalize, csr_for({"a.test"})).status == 200);
}

TEST_CASE("preauthorization: in trust mode it is valid at once") {
    ServerFixture server;
    auto client = server.registered();
    const auto made = client.post("/acme/profile/server/new-authz", payload_for("10.0.0.1", "ip"));
    CHECK(made.status == 201);
    CHECK(json_of(made)["status"] == "valid");
}

TEST_CASE("preauthorization: what an order would not get is refused here too") {
    struct Row {
        std::string payload;
        int status;
        const char* type;
    };
    const Row rows[] = {
        {"", 400, "malformed"},
        {"{}", 400, "malformed"},
        {R"({"identifier":"a.test"})", 400, "malformed"},
        {R"({"identifier":{"type":"dns"}})", 400, "malformed"},
        {R"({"identifiers":[{"type":"dns","value":"a.test"}]})", 400, "malformed"},
        {payload_for("a..test"), 400, "rejectedIdentifier"},
        {payload_for("*.a.test"), 400, "rejectedIdentifier"},
        {payload_for("ca.test"), 400, "rejectedIdentifier"},
        {payload_for("a.example"), 400, "rejectedIdentifier"},
        {payload_for("a", "permanent-identifier"), 400, "unsupportedIdentifier"},
    };
    ServerFixture server("challenge");
    server.profile().permit_dns = {"**.test"};
    server.reconfigure();
    auto client = server.registered();
    for (const auto& row : rows) {
        CAPTURE(row.payload);
        CHECK_PROBLEM(client.post("/acme/new-authz", row.payload), row.status, row.type);
    }
    server.configuration.settings.default_profile.clear();
    server.reconfigure();
    CHECK_PROBLEM(client.post("/acme/new-authz", payload_for("a.test")), 403, "userActionRequired");
    CHECK(client.post("/acme/profile/default/new-authz", payload_for("a.test")).status == 201);
}

TEST_CASE("preauthorization: deactivated, it serves no order any more") {
    ServerFixture server("challenge");
    auto client = server.registered();
    auto other = server.registered();
    const auto url = header_of(client.post("/acme/new-authz", payload_for("a.test")), "Location");
    settle(server, client, url);
    const auto ready = client.new_order({"a.test"});
    REQUIRE(order_of(ready).status == "ready");
    constexpr auto k_deactivate = R"({"status":"deactivated"})";
    CHECK_PROBLEM(other.post(url, k_deactivate), 404, "malformed");
    for (const char* wrong : {"{}", R"({"status":"valid"})", R"({"status":"revoked"})", R"({"status":7})", "[]"}) {
        CAPTURE(wrong);
        CHECK_PROBLEM(client.post(url, wrong), 400, "malformed");
    }
    CHECK(json_of(client.post(url, ""))["status"] == "valid");
    for (int i = 0; i < 2; ++i) {
        const auto answer = client.post(url, k_deactivate);
        CHECK(answer.status == 200);
        CHECK(json_of(answer)["status"] == "deactivated");
    }
    CHECK(order_of(client.post(header_of(ready, "Location"), "")).status == "invalid");
    CHECK_PROBLEM(client.finalize(order_of(ready).finalize, csr_for({"a.test"})), 403, "orderNotReady");
    const auto next = order_of(client.new_order({"a.test"}));
    CHECK(next.status == "pending");
    CHECK(next.authorizations.at(0) != url);
}
