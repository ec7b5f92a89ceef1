#include "server/rate_limits.h"

#include <atomic>
#include <thread>

#include "fixture.h"
#include "store/writer.h"

using namespace signet;
using namespace signet::test;

namespace {

// The one over is refused with a wait after which it is not.
template <class Request>
void check_limited(ServerFixture& server, Request request) {
    const auto refused = request();
    CHECK_PROBLEM(refused, 429, "rateLimited");
    const auto wait = std::stoll(header_of(refused, "Retry-After"));
    CHECK(wait > 0);
    server.clock.advance(std::chrono::seconds(wait - 1));
    CHECK(request().status == 429);
    server.clock.advance(std::chrono::seconds(1));
    CHECK(request().status < 300);
}

// Who is refused at a limit asks again for nothing: the writer, which all others wait for, is not troubled.
template <class Request>
void check_refused_by_a_read(ServerFixture& server, Request request) {
    const auto commits = [&] { return server.store().commit_statistics().group.sum(); };
    const auto before = commits();
    CHECK_PROBLEM(request(), 429, "rateLimited");
    CHECK(commits() == before);
}

std::int64_t rows(ServerFixture& server, const std::string& table) {
    return server.store().query([&](store::Transaction& t) {
        auto row = t.query("SELECT count(*) FROM " + table);
        row->step();
        return row->integer(0);
    });
}

// As many authorizations as an account may begin, less `room`, named n1.internal, n2.internal and so on from `room`
void begin_nearly_all(ServerFixture& server, AcmeClient& client, int room, store::AuthorizationStatus status) {
    const auto now = base::to_unix(server.clock.now());
    server.store().write([&](store::Transaction& t) {
        for (int i = room; i < server::k_begun_authorizations; ++i) {
            const auto name = "n" + std::to_string(i) + ".internal";
            store::insert_authorization(t, {name,
                                            ServerFixture::account_id(client),
                                            x509::Identifier::dns(name),
                                            false,
                                            status,
                                            "",
                                            now,
                                            now + 3600 + i,
                                            {}});
        }
    });
}

}  // namespace

TEST_CASE("rate limits: none by default") {
    ServerFixture server;
    auto client = server.registered();
    for (int i = 0; i < 30; ++i) CHECK(client.new_order({"a.internal"}).status == 201);
}

TEST_CASE("rate limits: orders of an account, which a restart does not forget") {
    ServerFixture server;
    server.profile().acme.rate_limits.orders_per_account = ca::RateLimit::parse("3/3h");
    server.restart();
    auto client = server.registered();
    auto other = server.registered();
    for (int i = 0; i < 3; ++i) CHECK(client.new_order({"a.internal"}).status == 201);
    server.restart();
    const auto before = rows(server, "orders");
    client.nonce.clear();
    check_refused_by_a_read(server, [&] { return client.new_order({"a.internal"}); });
    check_limited(server, [&] {
        client.nonce.clear();  // of before the restart, or too old
        return client.new_order({"a.internal"});
    });
    CHECK(rows(server, "orders") == before + 1);
    other.nonce.clear();
    CHECK(other.new_order({"a.internal"}).status == 201);
    CHECK(client.new_order({"a.internal"}, "/acme/new-order", "server").status == 201);  // another profile's
}

TEST_CASE("rate limits: an authorization asked for alone counts as an order") {
    ServerFixture server;
    server.profile().acme.rate_limits.orders_per_account = ca::RateLimit::parse("2/1h");
    server.profile().acme.rate_limits.certificates_per_name = ca::RateLimit::parse("1/7d");
    server.reconfigure();
    auto client = server.registered();
    const auto authorize = [&](const std::string& name) {
        client.nonce.clear();
        return client.post("/acme/new-authz", R"({"identifier":{"type":"dns","value":")" + name + R"("}})");
    };
    CHECK(authorize("a.internal").status == 201);
    CHECK(client.new_order({"a.internal"}).status == 201);
    const auto before = rows(server, "authorizations");
    server.restart();
    check_limited(server, [&] { return authorize("b.internal"); });
    CHECK(rows(server, "authorizations") == before + 1);
    server.clock.advance(std::chrono::hours(1));
    // Nothing is proven for a name whose certificates are used up.
    client.nonce.clear();
    const auto ready = order_of(client.new_order({"c.internal"}));
    CHECK(client.finalize(ready.finalize, csr_for({"c.internal"})).status == 200);
    server.restart();
    CHECK_PROBLEM(authorize("c.internal"), 429, "rateLimited");
}

TEST_CASE("rate limits: accounts from an address, as trusted proxies tell it") {
    ServerFixture server;
    server.profile().acme.rate_limits.accounts_per_address = ca::RateLimit::parse("2/1h");
    server.configuration.settings.trusted_proxies = {net::Cidr::parse("10.0.0.0/8", "x")};
    server.reconfigure();
    server.registered();
    auto old = server.registered();
    server.restart();
    auto client = server.client();
    check_limited(server, [&] {
        client.nonce.clear();
        return client.register_account();
    });
    auto again = server.client();
    CHECK(again.register_account().status == 429);
    old.nonce.clear();
    CHECK(old.post("/acme/new-account", "{}", {.with_jwk = true}).status == 200);  // is none that is new
    again.remote = "192.0.2.2";
    CHECK(again.register_account().status == 201);
    const auto through_proxy = [&](const std::string& address) {
        auto made = server.client();
        made.remote = "10.0.0.1";
        auto request = made.signed_request("/acme/new-account", "{}");
        request.headers.emplace_back("X-Forwarded-For", address);
        return made.send(request).status;
    };
    CHECK(through_proxy("192.0.2.1") == 429);
    CHECK(through_proxy("2001:db8::1") == 201);
    CHECK(through_proxy("2001:db8::2") == 201);
    CHECK(through_proxy("2001:db8::3") == 429);  // one network
    CHECK(through_proxy("2001:db8:0:1::3") == 201);
}

TEST_CASE("rate limits: of many orders at once no more get through than one after the other") {
    ServerFixture server;
    server.profile().acme.rate_limits.orders_per_account = ca::RateLimit::parse("4/3h");
    server.reconfigure();
    auto client = server.registered();
    std::vector<net::Request> requests;
    for (int i = 0; i < 24; ++i)
        requests.push_back(
            client.signed_request("/acme/new-order", R"({"identifiers":[{"type":"dns","value":"a.internal"}]})"));
    std::atomic<int> made = 0, limited = 0;
    std::vector<std::jthread> threads;
    for (const auto& request : requests) {
        threads.emplace_back([&] {
            const auto response = server.app->handle(request);
            if (response.status == 201) ++made;
            if (response.status == 429) ++limited;
        });
    }
    threads.clear();
    CHECK(made == 4);
    CHECK(limited == 20);
}

TEST_CASE("rate limits: certificates for a name, told before anything is proven") {
    ServerFixture server;
    server.profile().acme.rate_limits.certificates_per_name = ca::RateLimit::parse("2/7d");
    server.reconfigure();
    auto client = server.registered();
    const auto issue = [&](const std::vector<std::string>& names) {
        client.nonce.clear();  // the clock moves on
        const auto response = client.new_order(names);
        return response.status == 201 ? client.finalize(order_of(response).finalize, csr_for(names)) : response;
    };
    const auto early = order_of(client.new_order({"a.internal"}));
    CHECK(issue({"a.internal", "b.internal"}).status == 200);
    CHECK(issue({"a.internal"}).status == 200);
    // An order from before the limit was reached is refused at its end, and can be finished later.
    const auto late = client.finalize(early.finalize, csr_for({"a.internal"}));
    CHECK_PROBLEM(late, 429, "rateLimited");
    CHECK(late.body.find("a.internal") != std::string::npos);
    CHECK(server.audited("certificate.refused") == 0);
    CHECK(issue({"b.internal"}).status == 200);
    CHECK(issue({"a.internal", "c.internal"}).status == 429);
    CHECK(issue({"c.internal"}).status == 200);
    server.clock.advance(std::chrono::hours(12));
    client.nonce.clear();
    CHECK(order_of(client.post(early.finalize.substr(0, early.finalize.rfind('/')), "")).status == "ready");
    server.clock.advance(std::chrono::hours(24 * 7));
    for (int i = 0; i < 2; ++i) CHECK(issue({"d.internal"}).status == 200);
    check_limited(server, [&] { return issue({"d.internal"}); });
}

TEST_CASE("rate limits: what a rate is") {
    for (const char* text : {"300/3h", "1/1s", "50/7d"}) CHECK(ca::RateLimit::parse(text).text() == text);
    for (const char* text : {"", "300", "/3h", "0/3h", "-1/3h", "1.5/3h", "300/", "300/0s", "300/never", "99999999/1h"})
        CHECK_THROWS_AS(ca::RateLimit::parse(text), base::Error);
}

TEST_CASE("rate limits: whatever is set, an account has only so many orders that are not finished") {
    ServerFixture server;
    auto client = server.registered();
    auto other = server.registered();
    const auto now = base::to_unix(server.clock.now());
    server.store().write([&](store::Transaction& t) {
        const auto add = [&](const std::string& id, store::OrderStatus status, std::int64_t expires_at) {
            store::OrderRecord order{};
            order.id = id;
            order.account = ServerFixture::account_id(client);
            order.profile = "default";
            order.status = status;
            order.created_at = now;
            order.expires_at = expires_at;
            store::insert_order(t, order);
        };
        for (int i = 1; i < server::k_open_orders; ++i) {
            add("open-" + std::to_string(i), i % 2 == 0 ? store::OrderStatus::pending : store::OrderStatus::ready,
                now + 3600 + i);
        }
        for (int i = 0; i < 9; ++i) {  // what is finished
            const auto id = std::to_string(i);
            add("valid-" + id, store::OrderStatus::valid, now + 9999);
            add("invalid-" + id, store::OrderStatus::invalid, now + 9999);
            add("expired-" + id, store::OrderStatus::pending, now);
        }
    });
    const auto last = client.new_order({"a.internal"});
    CHECK(last.status == 201);
    const auto before = rows(server, "authorizations");
    check_refused_by_a_read(server, [&] { return client.new_order({"a.internal"}); });
    CHECK(rows(server, "authorizations") == before);
    CHECK(other.new_order({"a.internal"}).status == 201);
    CHECK(client.finalize(order_of(last).finalize, csr_for({"a.internal"})).status == 200);
    CHECK(client.new_order({"a.internal"}).status == 201);
    check_limited(server, [&] {
        client.nonce.clear();
        return client.new_order({"a.internal"});
    });
}

TEST_CASE("rate limits: whatever is set, an account has only so many authorizations that are not valid") {
    ServerFixture server("challenge");
    auto client = server.registered();
    auto other = server.registered();
    begin_nearly_all(server, client, 2, store::AuthorizationStatus::pending);
    const auto alone = [&](AcmeClient& who) {
        return who.post("/acme/new-authz", R"({"identifier":{"type":"dns","value":"c.internal"}})");
    };
    CHECK(client.new_order({"a.internal", "b.internal"}).status == 201);
    const auto before = rows(server, "orders");
    check_refused_by_a_read(server, [&] { return client.new_order({"c.internal"}); });
    check_refused_by_a_read(server, [&] { return alone(client); });
    CHECK(rows(server, "orders") == before);
    CHECK(alone(other).status == 201);
    const auto proven = server.grant(client, "p.internal");
    CHECK(client.new_order({"p.internal"}).status == 201);  // nothing to be proven
    // One that is given up makes no room, one that is proven does.
    CHECK(client.post("/acme/authorization/n2.internal", R"({"status":"deactivated"})").status == 200);
    CHECK_PROBLEM(alone(client), 429, "rateLimited");
    server.store().write([&](store::Transaction& t) {
        t.run("UPDATE authorizations SET status = 'valid', proof = 'http-01' WHERE id = 'n3.internal'");
    });
    CHECK_PROBLEM(client.new_order({"c.internal", "d.internal"}), 429, "rateLimited");
    CHECK(alone(client).status == 201);
    check_limited(server, [&] {
        client.nonce.clear();
        return client.new_order({"d.internal", "e.internal"});
    });
}

TEST_CASE("rate limits: authorizations that are valid at once and given up count as well") {
    ServerFixture server("trust");
    auto client = server.registered();
    begin_nearly_all(server, client, 1, store::AuthorizationStatus::deactivated);
    const auto alone = [&] {
        client.nonce.clear();
        return client.post("/acme/new-authz", R"({"identifier":{"type":"dns","value":"a.internal"}})");
    };
    const auto last = alone();
    CHECK(last.status == 201);
    const auto path = header_of(last, "Location").substr(header_of(last, "Location").find("/acme/"));
    CHECK(client.post(path, R"({"status":"deactivated"})").status == 200);
    CHECK_PROBLEM(client.new_order({"a.internal"}), 429, "rateLimited");
    check_limited(server, alone);
}
