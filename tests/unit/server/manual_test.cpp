#include "fixture.h"
#include "store/approvals.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

bool approve(ServerFixture& server, const std::string& url) {
    const auto now = base::to_unix(server.clock.now());
    bool done = false;
    server.store().write([&](store::Transaction& t) {
        done = store::approve_order(t, url.substr(url.rfind('/') + 1), now, now + 3600);
    });
    return done;
}

bool reject(ServerFixture& server, const std::string& url) {
    const auto problem = acme::make_problem(403, "unauthorized", "an operator rejected this order: not ours");
    bool done = false;
    server.store().write([&](store::Transaction& t) {
        done =
            store::reject_order(t, url.substr(url.rfind('/') + 1), problem.document, base::to_unix(server.clock.now()));
    });
    return done;
}

std::size_t waiting(ServerFixture& server) {
    return server.store().query(
        [&](store::Transaction& t) { return store::waiting_orders(t, base::to_unix(server.clock.now()), 100).size(); });
}

}  // namespace

TEST_CASE("manual: an order waits, whatever is posted to its challenges, until an operator approves it") {
    ServerFixture server("manual");
    auto client = server.registered();
    const auto made = client.new_order({"a.test", "10.0.0.1", "spiffe://mesh.test/a"});
    REQUIRE(made.status == 201);
    CHECK(header_of(made, "Retry-After") == "5");
    const auto url = header_of(made, "Location");
    const auto order = order_of(made);
    CHECK(order.status == "pending");
    CHECK(server.audited("order.waiting") == 1);
    CHECK(waiting(server) == 1);

    const auto authorization = json_of(client.post(order.authorizations.at(0), ""));
    CHECK(authorization["status"] == "pending");
    const auto challenge = authorization["challenges"][0]["url"].get<std::string>();
    const auto posted = client.post(challenge, "{}");
    CHECK(posted.status == 200);
    CHECK(json_of(posted)["status"] == "pending");
    server.app->run_validations();
    CHECK(json_of(client.post(challenge, ""))["status"] == "pending");
    CHECK_PROBLEM(client.finalize(order.finalize, csr_for({"a.test"})), 403, "orderNotReady");

    REQUIRE(approve(server, url));
    CHECK(waiting(server) == 0);
    CHECK_FALSE(approve(server, url));
    CHECK_FALSE(reject(server, url));
    CHECK(json_of(client.post(url, ""))["status"] == "ready");
    const auto valid = json_of(client.post(order.authorizations.at(0), ""));
    CHECK(valid["status"] == "valid");
    for (const auto& each : valid["challenges"]) {
        CHECK(each["status"] == "valid");
        CHECK(each.contains("validated"));
    }
    CHECK(client.finalize(order.finalize, csr_for({"a.test", "10.0.0.1", "spiffe://mesh.test/a"})).status == 200);
    CHECK(order_of(client.new_order({"a.test"})).status == "ready");  // proven for as long as it was said
    server.clock.advance(1h + 1s);
    client.nonce.clear();  // it ended too
    CHECK(order_of(client.new_order({"a.test"})).status == "pending");
}

TEST_CASE("manual: a rejected order is invalid and says why, in order and challenge") {
    ServerFixture server("manual");
    auto client = server.registered();
    const auto made = client.new_order({"a.test"});
    REQUIRE(reject(server, header_of(made, "Location")));
    CHECK_FALSE(approve(server, header_of(made, "Location")));
    const auto order = json_of(client.post(header_of(made, "Location"), ""));
    CHECK(order["status"] == "invalid");
    CHECK(order["error"]["detail"] == "an operator rejected this order: not ours");
    const auto authorization = json_of(client.post(order_of(made).authorizations.at(0), ""));
    CHECK(authorization["status"] == "invalid");
    CHECK(authorization["challenges"][0]["error"]["type"] == "urn:ietf:params:acme:error:unauthorized");
    CHECK_PROBLEM(client.finalize(order_of(made).finalize, csr_for({"a.test"})), 403, "orderNotReady");
}

TEST_CASE("manual: nothing but the operator's word counts, and only for what waits for it") {
    ServerFixture server("manual");
    server.profile("client").acme.auth = "challenge";
    server.reconfigure();
    auto client = server.registered();
    server.grant(client, "a.test");  // validated for another profile
    CHECK(order_of(client.new_order({"a.test"})).status == "pending");
    const auto challenged = client.new_order({"b.test"}, "/acme/new-order", "client");
    CHECK_FALSE(approve(server, header_of(challenged, "Location")));
    CHECK_FALSE(reject(server, header_of(challenged, "Location")));
    CHECK(json_of(client.post(header_of(challenged, "Location"), ""))["status"] == "pending");
    // What was approved serves no profile that wants challenges, neither a new order nor one made before.
    server.grant(client, "c.test", store::operator_proof("default"));
    CHECK(order_of(client.new_order({"c.test"})).status == "ready");
    CHECK(order_of(client.new_order({"c.test"}, "/acme/new-order", "client")).status == "pending");
    // There is nobody to approve what no order asks for.
    CHECK_PROBLEM(client.post("/acme/new-authz", R"({"identifier":{"type":"dns","value":"d.test"}})"), 403,
                  "unauthorized");
}

TEST_CASE("manual: what is approved under one profile opens no other, nor another time than the one it was asked for") {
    ServerFixture server("manual");
    auto client = server.registered();
    REQUIRE(approve(server, header_of(client.new_order({"a.test"}), "Location")));
    CHECK(order_of(client.new_order({"a.test"})).status == "ready");
    CHECK(order_of(client.new_order({"a.test"}, "/acme/new-order", "client")).status == "pending");
    const auto later = base::format_time(server.clock.now() + 20h);
    const auto order = client.post("/acme/new-order",
                                   R"({"identifiers":[{"type":"dns","value":"a.test"}],"notAfter":")" + later + "\"}");
    CHECK(order_of(order).status == "pending");
}

TEST_CASE("manual: orders that ended, were given up or whose account is gone do not wait any more") {
    ServerFixture server("manual");
    auto client = server.registered();
    const auto late = header_of(client.new_order({"late.test"}), "Location");
    server.clock.advance(24h + 1s);
    client.nonce.clear();
    CHECK(waiting(server) == 0);
    CHECK_FALSE(approve(server, late));

    const auto given_up = client.new_order({"up.test"});
    client.post(order_of(given_up).authorizations.at(0), R"({"status":"deactivated"})");
    CHECK_FALSE(approve(server, header_of(given_up, "Location")));
    const auto gone = header_of(client.new_order({"gone.test"}), "Location");
    CHECK(waiting(server) == 1);
    client.post(client.kid, R"({"status":"deactivated"})");
    CHECK(waiting(server) == 0);
    CHECK_FALSE(approve(server, gone));
}

TEST_CASE("manual: an approval does not permit revoking another account's certificate") {
    ServerFixture server("manual");
    auto owner = server.registered();
    const auto made = owner.new_order({"a.test"});
    REQUIRE(approve(server, header_of(made, "Location")));
    const auto issued = owner.finalize(order_of(made).finalize, csr_for({"a.test"}));
    REQUIRE(issued.status == 200);
    const auto chain = x509::parse_certificates(owner.post(order_of(issued).certificate, "").body, "chain");
    auto other = server.registered();
    REQUIRE(approve(server, header_of(other.new_order({"a.test"}), "Location")));
    const auto payload = R"({"certificate":")" + base::base64url_encode(chain.at(0).der()) + "\"}";
    CHECK_PROBLEM(other.post("/acme/revoke-cert", payload), 403, "unauthorized");
    CHECK(owner.post("/acme/revoke-cert", payload).status == 200);
}
