#include "store/audit.h"
#include "token_support.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

std::string authorization_for(const std::string& name) {
    return R"({"identifier":{"type":"dns","value":")" + name + "\"}}";
}

/// The last entry of the audit log.
store::AuditRecord last_entry(ServerFixture& server) {
    store::AuditRecord last;
    store::AuditLog log({});
    const auto entries = server.store().query([&](store::Transaction& t) { return log.next(t, 10000); });
    if (!entries.empty()) last = entries.back().record;
    return last;
}

}  // namespace

TEST_CASE("refusals: a finalize may fail and be mended") {
    ServerFixture server;
    auto client = server.registered();
    const auto order = order_of(client.new_order({"a.internal"}));
    for (int i = 0; i < 9; ++i) CHECK_PROBLEM(client.finalize(order.finalize, csr_for({"b.internal"})), 400, "badCSR");
    CHECK(server.audited("certificate.refused") == 1);
    CHECK(client.finalize(order.finalize, csr_for({"a.internal"})).status == 200);
    CHECK_PROBLEM(client.finalize(order.finalize, csr_for({"b.internal"})), 403, "orderNotReady");
    CHECK(server.audited("certificate.refused") == 1);
}

TEST_CASE("refusals: after ten the order is invalid and says why, and the audit log has one entry") {
    ServerFixture server;
    auto client = server.registered();
    const auto response = client.new_order({"a.internal"});
    const auto order = order_of(response);
    for (int i = 0; i < 10; ++i) CHECK(client.finalize(order.finalize, csr_for({"b.internal"})).status == 400);
    CHECK_PROBLEM(client.finalize(order.finalize, csr_for({"a.internal"})), 403, "orderNotReady");
    const auto ended = json_of(client.post(header_of(response, "Location"), ""));
    CHECK(ended["status"] == "invalid");
    CHECK(ended["error"]["type"] == "urn:ietf:params:acme:error:badCSR");
    CHECK(server.audited("certificate.refused") == 1);
}

TEST_CASE("refusals: policy's own are counted with the rest") {
    ServerFixture server;
    auto client = server.registered();
    const auto order = order_of(client.new_order({"a.internal"}));
    server.profile().deny_dns = {"a.internal"};
    server.reconfigure();
    for (int i = 0; i < 3; ++i) CHECK(client.finalize(order.finalize, csr_for({"a.internal"})).status >= 400);
    CHECK(server.audited("certificate.refused") == 1);
}

TEST_CASE("refusals: an order outside the profile is audited, with who, what and every reason") {
    ServerFixture server;
    server.profile().permit_dns = {"**.test"};
    server.reconfigure();
    auto client = server.registered();
    CHECK_PROBLEM(client.new_order({"a.example", "ok.test", "b.example"}), 400, "rejectedIdentifier");
    CHECK(server.audited("order.refused") == 1);
    const auto entry = last_entry(server);
    CHECK(entry.action == "order.refused");
    CHECK(entry.account == ServerFixture::account_id(client));
    CHECK(entry.actor == "account " + ServerFixture::account_id(client));
    CHECK(entry.address == "192.0.2.1");
    CHECK(entry.profile == "default");
    CHECK(entry.names == std::vector<std::string>{"a.example", "ok.test", "b.example"});
    CHECK(entry.detail.find("a.example is not permitted") != std::string::npos);
    CHECK(entry.detail.find("b.example is not permitted") != std::string::npos);
    CHECK(entry.detail.find("ok.test") == std::string::npos);

    CHECK(client.new_order({"ok.test"}).status == 201);
    CHECK(server.audited("order.refused") == 1);
}

TEST_CASE("refusals: names of the CA, lifetimes, names that nothing proves and authorizations are audited too") {
    ServerFixture server("challenge");
    server.profile().permit_dns = {"**.test"};
    server.profile().acme.challenges = {"http-01"};
    server.reconfigure();
    auto client = server.registered();
    std::int64_t entries = 0;
    const auto check = [&](const net::Response& response, const std::string& reason) {
        CAPTURE(reason);
        CHECK(response.status >= 400);
        CHECK(server.audited("order.refused") == ++entries);
        const auto detail = last_entry(server).detail;
        CAPTURE(detail);
        CHECK(detail.find(reason) != std::string::npos);
    };
    check(client.new_order({"ca.test"}), "a name of the CA itself");
    check(client.new_order({"*.a.test"}), "no challenge that could prove *.a.test");
    check(client.post("/acme/new-order",
                      R"({"identifiers":[{"type":"dns","value":"a.test"}],"notAfter":"2400-01-01T00:00:00Z"})"),
          "");
    check(client.post("/acme/new-authz", authorization_for("a.example")), "a.example is not permitted");
}

TEST_CASE("refusals: what a token does not permit is audited, with the token") {
    ServerFixture server("token");
    auto token = sample_token();
    token.dns = {"**.one.test"};
    put_token(server, token);
    auto client = server.client();
    REQUIRE(bind(client).status == 201);
    CHECK_PROBLEM(client.new_order({"a.two.test"}), 400, "rejectedIdentifier");
    CHECK(server.audited("order.refused") == 1);
    CHECK(last_entry(server).detail.starts_with("by token kid-1; a.two.test is not permitted by the token"));
    CHECK_PROBLEM(client.new_order({"a.one.test"}, "/acme/profile/server/new-order"), 401, "unauthorized");
    CHECK(server.audited("order.refused") == 2);
    CHECK(last_entry(server).profile == "server");
}

TEST_CASE("refusals: of one account some an hour are audited, under whatever profile it asks") {
    ServerFixture server;
    for (const char* name : {"default", "server"}) server.profile(name).permit_dns = {"**.test"};
    server.reconfigure();
    auto client = server.registered();
    for (int i = 0; i < 8; ++i) {
        CHECK(client.new_order({"a.example"}).status == 400);
        CHECK(client.new_order({"a.example"}, "/acme/profile/server/new-order").status == 400);
        CHECK(client.post("/acme/new-authz", authorization_for("a.example")).status == 400);
    }
    CHECK(server.audited("order.refused") == 10);
    auto other = server.registered();
    CHECK(other.new_order({"a.example"}).status == 400);
    CHECK(server.audited("order.refused") == 11);
    server.clock.advance(1h);
    client.nonce.clear();
    for (int i = 0; i < 12; ++i) CHECK(client.new_order({"a.example"}).status == 400);
    CHECK(server.audited("order.refused") == 21);
}

TEST_CASE("refusals: what no policy refused is not audited") {
    ServerFixture server;
    server.profile().permit_dns = {"**.test"};
    server.profile().acme.rate_limits.orders_per_account = ca::RateLimit::parse("1/1h");
    server.reconfigure();
    auto client = server.registered();
    CHECK(client.new_order({"a.test"}).status == 201);
    CHECK_PROBLEM(client.new_order({"a.test"}), 429, "rateLimited");
    CHECK_PROBLEM(client.post("/acme/new-order", "{}"), 400, "malformed");
    CHECK_PROBLEM(client.post("/acme/new-authz", authorization_for("a..example")), 400, "rejectedIdentifier");
    CHECK_PROBLEM(
        client.post("/acme/new-order", R"({"identifiers":[{"type":"dns","value":"a.example"}]})", {.nonce = "AA"}), 400,
        "badNonce");
    CHECK(server.client().new_order({"a.example"}).status >= 400);  // of no account
    CHECK(server.audited("order.refused") == 0);
}

TEST_CASE("refusals: an entry is bounded, however much was asked for") {
    ServerFixture server;
    server.profile().permit_dns = {"**.test"};
    server.reconfigure();
    auto client = server.registered();
    std::vector<std::string> names;
    for (int i = 0; i < 1000; ++i) names.push_back("n" + std::to_string(i) + ".example");
    CHECK(client.new_order(names).status == 400);
    const auto entry = last_entry(server);
    CHECK(entry.action == "order.refused");
    CHECK(entry.names.size() == 100);
    CHECK(entry.detail.find("1000 names are more than the 100") != std::string::npos);
    CHECK(entry.detail.size() <= 4096);
}
