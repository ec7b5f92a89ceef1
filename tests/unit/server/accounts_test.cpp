#include "fixture.h"
#include "store/certificates.h"

using namespace signet;
using namespace signet::test;

TEST_CASE("accounts: created once, found again by key, whatever else is asked") {
    ServerFixture server;
    auto client = server.client();
    const auto made =
        client.register_account("/acme/new-account", R"({"contact":["mailto:a@b.example"],"orders":"https://x"})");
    CHECK(made.status == 201);
    const auto kid = client.kid;
    CHECK(kid.starts_with("https://ca.test:8443/acme/account/"));
    CHECK(json_of(made)["status"] == "valid");
    CHECK(json_of(made)["contact"][0] == "mailto:a@b.example");
    CHECK(json_of(made)["orders"] == kid + "/orders");

    for (const char* payload : {"{}", R"({"onlyReturnExisting":true})", R"({"contact":["tel:1"]})"}) {
        const auto again = client.register_account("/acme/profile/client/new-account", payload);
        CHECK(again.status == 200);
        CHECK(header_of(again, "Location") == kid);
        CHECK(json_of(again)["contact"][0] == "mailto:a@b.example");
    }
}

TEST_CASE("accounts: onlyReturnExisting makes none") {
    ServerFixture server;
    auto client = server.client();
    CHECK_PROBLEM(client.register_account("/acme/new-account", R"({"onlyReturnExisting":true})"), 400,
                  "accountDoesNotExist");
    CHECK(client.register_account().status == 201);
}

TEST_CASE("accounts: contacts are checked") {
    struct Row {
        const char* contact;
        const char* type;
    };
    const Row rows[] = {
        {"tel:+123", "unsupportedContact"},
        {"a@b.example", "unsupportedContact"},
        {"", "unsupportedContact"},
        {"mailto:a@b.example,c@d.example", "invalidContact"},
        {"mailto:a@b.example?subject=x", "invalidContact"},
        {"mailto:nobody", "invalidContact"},
        {"mailto:", "invalidContact"},
    };
    ServerFixture server;
    for (const auto& row : rows) {
        CAPTURE(row.contact);
        auto client = server.client();
        base::Json json;
        json["contact"] = {row.contact};
        const auto refused = client.register_account("/acme/new-account", json.dump());
        CHECK_PROBLEM(refused, 400, row.type);
        if (std::string_view(row.type) == "unsupportedContact")
            CHECK(refused.body.find("mailto:") != std::string::npos);
        if (std::string_view(row.contact).find('?') != std::string_view::npos)
            CHECK(refused.body.find("header fields") != std::string::npos);
        client = server.registered();
        CHECK_PROBLEM(client.post(client.kid, json.dump()), 400, row.type);
    }
}

TEST_CASE("accounts: terms of service must be agreed to where there are any") {
    ServerFixture server;
    server.configuration.settings.terms_of_service = "https://ca.test/terms";
    server.reconfigure();
    auto client = server.client();
    CHECK(json_of(client.get("/acme/directory"))["meta"]["termsOfService"] == "https://ca.test/terms");
    CHECK_PROBLEM(client.register_account(), 403, "userActionRequired");
    CHECK(client.register_account("/acme/new-account", R"({"termsOfServiceAgreed":true})").status == 201);
}

TEST_CASE("accounts: updated, and unknown members ignored") {
    ServerFixture server;
    auto client = server.registered();
    const auto updated = client.post(client.kid, R"({"contact":["mailto:new@b.example"],"status":"valid","shoe":7})");
    CHECK(updated.status == 200);
    CHECK_FALSE(json_of(updated).contains("shoe"));
    CHECK(json_of(client.post(client.kid, ""))["contact"][0] == "mailto:new@b.example");
    CHECK(json_of(client.post(client.kid, R"({"contact":[]})")).contains("contact") == false);
    CHECK_PROBLEM(client.post(client.kid, R"({"status":"revoked"})"), 400, "malformed");
}

TEST_CASE("accounts: a deactivated one is refused everywhere, its open orders are cancelled, certificates stay") {
    ServerFixture server("challenge");
    server.profile("client").acme.auth = "trust";
    server.reconfigure();
    auto client = server.registered();
    const auto order = client.new_order({"www.test"});
    REQUIRE(order.status == 201);
    const auto trusted = order_of(client.new_order({"c.test"}, "/acme/new-order", "client"));
    const auto issued = order_of(client.finalize(trusted.finalize, csr_for({"c.test"})));
    REQUIRE(issued.status == "valid");
    const auto done = client.post(client.kid, R"({"status":"deactivated"})");
    CHECK(done.status == 200);
    CHECK(json_of(done)["status"] == "deactivated");

    CHECK_PROBLEM(client.post(client.kid, ""), 401, "unauthorized");
    CHECK_PROBLEM(client.new_order({"a.test"}), 401, "unauthorized");
    CHECK_PROBLEM(client.post(header_of(order, "Location"), ""), 401, "unauthorized");
    const auto kid = client.kid;
    CHECK_PROBLEM(client.register_account("/acme/new-account", R"({"onlyReturnExisting":true})"), 401, "unauthorized");
    CHECK_PROBLEM(client.register_account(), 401, "unauthorized");

    const auto id = header_of(order, "Location").substr(header_of(order, "Location").rfind('/') + 1);
    const auto row = server.store().query([&](store::Transaction& t) { return store::find_order(t, id); });
    CHECK(row->status == store::OrderStatus::invalid);
    const auto serial = issued.certificate.substr(issued.certificate.rfind('/') + 1);
    const auto kept = server.store().query([&](store::Transaction& t) { return store::find_certificate(t, serial); });
    REQUIRE(kept);
    CHECK_FALSE(kept->revoked_at);
}

TEST_CASE("accounts: a change by another process is seen at the next request") {
    ServerFixture server;
    auto client = server.registered();
    CHECK(client.post(client.kid, "").status == 200);
    const auto id = client.kid.substr(client.kid.rfind('/') + 1);
    server.store().write([&](store::Transaction& transaction) {
        auto record = store::find_account(transaction, id).value();
        record.status = store::AccountStatus::deactivated;
        CHECK(store::update_account(transaction, record));
    });
    CHECK_PROBLEM(client.post(client.kid, ""), 401, "unauthorized");
}

TEST_CASE("accounts: the orders list is a real one, in pages, without invalid orders") {
    ServerFixture server;
    auto client = server.registered();
    for (int i = 0; i < 101; ++i) REQUIRE(client.new_order({"n" + std::to_string(i) + ".test"}).status == 201);
    const auto first = client.post(client.kid + "/orders", "");
    CHECK(first.status == 200);
    CHECK(json_of(first)["orders"].size() == 100);
    std::string next;
    for (const auto& [name, value] : first.headers) {
        if (name == "Link" && value.find("rel=\"next\"") != std::string::npos)
            next = value.substr(1, value.find('>') - 1);
    }
    REQUIRE_FALSE(next.empty());
    CHECK(json_of(client.post(next, ""))["orders"].size() == 1);

    ServerFixture asking("challenge");
    auto other = asking.registered();
    const auto pending = other.new_order({"a.test"}), given_up = other.new_order({"b.test"});
    REQUIRE(other.post(order_of(given_up).authorizations.at(0), R"({"status":"deactivated"})").status == 200);
    const auto listed = json_of(other.post(other.kid + "/orders", ""))["orders"];
    CHECK(listed == base::Json{header_of(pending, "Location")});
    asking.clock.advance(std::chrono::hours(25));  // now time has ended the other
    other.nonce.clear();
    CHECK(json_of(other.post(other.kid + "/orders", ""))["orders"].empty());
}
