#include <algorithm>

#include "fixture.h"
#include "server/router.h"

using namespace signet;
using namespace signet::test;

TEST_CASE("ownership: what is another account's looks like what is not there, for every URL") {
    ServerFixture server("challenge");
    server.configuration.profiles.at("client").acme.auth = "trust";
    server.reconfigure();
    auto owner = server.registered();
    auto other = server.registered();

    const auto pending = owner.new_order({"www.test"});
    const auto authorization = order_of(pending).authorizations.at(0);
    const auto challenge = json_of(owner.post(authorization, ""))["challenges"][0]["url"].get<std::string>();
    const auto ready = owner.new_order({"c.test"}, "/acme/new-order", "client");
    const auto valid = owner.finalize(order_of(ready).finalize, csr_for({"c.test"}));
    REQUIRE(valid.status == 200);
    const auto certificate = order_of(valid).certificate;

    const std::vector<std::pair<std::string, std::string>> rows = {
        {owner.kid, ""},
        {owner.kid, R"({"status":"deactivated"})"},
        {owner.kid + "/orders", ""},
        {header_of(pending, "Location"), ""},
        {order_of(pending).finalize, AcmeClient::finalize_payload(csr_for({"www.test"}))},
        {authorization, ""},
        {authorization, R"({"status":"deactivated"})"},
        {challenge, ""},
        {challenge, "{}"},
        {certificate, ""},
        {certificate + "/alternate", ""},
    };
    for (const auto& [url, payload] : rows) {
        CAPTURE(url);
        const auto foreign = other.post(url, payload);
        CHECK_PROBLEM(foreign, 404, "malformed");
        // The same place with an id that nobody has: the same answer, byte for byte.
        auto absent = url;
        const auto tail = absent.ends_with("/orders")      ? absent.rfind('/')
                          : absent.ends_with("/finalize")  ? absent.rfind('/')
                          : absent.ends_with("/alternate") ? absent.rfind('/')
                                                           : absent.size();
        absent[tail - 1] = absent[tail - 1] == 'A' ? 'B' : 'A';
        absent[tail - 3] = absent[tail - 3] == 'x' ? 'y' : 'x';
        CHECK(other.post(absent, payload).body == foreign.body);
    }
    // No route that names somebody's resource is left out.
    for (const auto& route : server::routes()) {
        if (route.resource == server::Resource::none) continue;
        CAPTURE(route.path);
        CHECK(std::ranges::any_of(rows, [&](const auto& row) {
            return server::find_route("POST", row.first.substr(row.first.find('/', 8))).route == &route;
        }));
    }
    // Nothing of it had an effect.
    CHECK(json_of(owner.post(owner.kid, ""))["status"] == "valid");
    CHECK(json_of(owner.post(authorization, ""))["status"] == "pending");
    CHECK(json_of(owner.post(challenge, ""))["status"] == "pending");
    CHECK(owner.post(certificate, "").status == 200);
}

TEST_CASE("ownership: a certificate that no account ordered is no account's") {
    ServerFixture server;
    auto client = server.registered();
    const auto order = order_of(client.new_order({"c.test"}));
    const auto certificate = order_of(client.finalize(order.finalize, csr_for({"c.test"}))).certificate;
    const auto der = x509::parse_pem(client.post(certificate, "").body, "test").front().der;
    // As one from the command line: nothing says whose it is, and nothing says that it is not this account's.
    server.store().write([&](store::Transaction& t) { t.run("UPDATE certificates SET account_id = NULL"); });
    CHECK_PROBLEM(client.post(certificate, ""), 404, "malformed");
    const auto payload = R"({"certificate":")" + base::base64url_encode(der) + "\"}";
    CHECK_PROBLEM(client.post("/acme/revoke-cert", payload), 403, "unauthorized");
    CHECK(server.audited("certificate.revoked") == 0);
}
