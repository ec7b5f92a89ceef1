#include "fixture.h"
#include "store/accounts.h"

using namespace signet;
using namespace signet::test;

namespace {

std::string link_of(const net::Response& response, const std::string& relation) {
    for (const auto& [name, value] : response.headers) {
        if (name == "Link" && value.ends_with(";rel=\"" + relation + "\"")) return value.substr(1, value.find('>') - 1);
    }
    return {};
}

struct Agreed {
    ServerFixture server;
    AcmeClient client = server.client();

    Agreed() {
        set("https://ca.test/terms/1");
        REQUIRE(client.register_account("/acme/new-account", R"({"termsOfServiceAgreed":true})").status == 201);
    }
    /// Where the account is sent to agree to these.
    std::string page_of(AcmeClient& account, const std::string& terms) {
        set(terms);
        const auto instance = json_of(account.new_order({"a.test"}))["instance"].get<std::string>();
        return instance.substr(instance.find("/acme"));
    }
    void set(const std::string& terms) {
        server.configuration.settings.terms_of_service = terms;
        server.reconfigure();
    }
};

}  // namespace

TEST_CASE("terms: an account without agreement is refused with the terms") {
    Agreed fixture;
    auto client = fixture.server.client();
    for (const char* payload : {"{}", R"({"termsOfServiceAgreed":false})"}) {
        const auto response = client.register_account("/acme/new-account", payload);
        CHECK_PROBLEM(response, 403, "userActionRequired");
        CHECK(link_of(response, "terms-of-service") == "https://ca.test/terms/1");
        CHECK(client.kid.empty());
    }
}

TEST_CASE("terms: changed ones stop new orders until a human agrees, everything else goes on") {
    Agreed fixture;
    auto& client = fixture.client;
    const auto order = order_of(client.new_order({"a.test"}));
    fixture.set("https://ca.test/terms/2?a=1&b=\"2\"");

    const auto refused = client.new_order({"b.test"});
    CHECK_PROBLEM(refused, 403, "userActionRequired");
    CHECK(link_of(refused, "terms-of-service") == fixture.server.configuration.settings.terms_of_service);
    CHECK(link_of(refused, "index") == "https://ca.test:8443/acme/directory");
    const auto instance = json_of(refused)["instance"].get<std::string>();
    CHECK(instance.starts_with("https://ca.test:8443/acme/terms/" + ServerFixture::account_id(client) + "/"));

    // Agreement is not the client's to give in an update (section 7.3.2).
    CHECK(client.post(client.kid, R"({"termsOfServiceAgreed":true})").status == 200);
    CHECK_PROBLEM(client.new_order({"b.test"}), 403, "userActionRequired");
    CHECK(client.register_account("/acme/new-account", R"({"termsOfServiceAgreed":true})").status == 200);
    CHECK_PROBLEM(client.new_order({"b.test"}), 403, "userActionRequired");
    CHECK(client.finalize(order.finalize, csr_for({"a.test"})).status == 200);

    const auto path = instance.substr(instance.find("/acme"));
    const auto shown = client.get(path);
    CHECK(shown.status == 200);
    CHECK(header_of(shown, "Content-Type") == "text/html; charset=utf-8");
    CHECK(shown.body.find("href=\"https://ca.test/terms/2?a=1&amp;b=&quot;2&quot;\"") != std::string::npos);
    CHECK(shown.body.find("<form method=\"post\">") != std::string::npos);
    CHECK_PROBLEM(client.new_order({"b.test"}), 403, "userActionRequired");

    CHECK(client.get(path, "POST").status == 200);
    CHECK(client.get(path, "POST").status == 200);
    CHECK(client.new_order({"b.test"}).status == 201);
    CHECK(fixture.server.audited("account.terms_agreed") == 1);
    CHECK(client.get(path).body.find("<form") == std::string::npos);
    fixture.set("https://ca.test/terms/3");
    CHECK_PROBLEM(client.new_order({"c.test"}), 403, "userActionRequired");
}

TEST_CASE("terms: introduced later, they bind the accounts that are there") {
    ServerFixture server;
    auto client = server.registered();
    CHECK(client.new_order({"a.test"}).status == 201);
    server.configuration.settings.terms_of_service = "https://ca.test/terms";
    server.reconfigure();
    CHECK_PROBLEM(client.new_order({"a.test"}), 403, "userActionRequired");
    server.configuration.settings.terms_of_service.clear();
    server.reconfigure();
    CHECK(client.new_order({"a.test"}).status == 201);
}

TEST_CASE("terms: the page is there for accounts that can agree, by GET and POST") {
    Agreed fixture;
    const auto path = fixture.page_of(fixture.client, "https://ca.test/terms/2");
    CHECK(fixture.client.get(path).status == 200);
    const auto wrong = fixture.client.get(path, "DELETE");
    CHECK_PROBLEM(wrong, 405, "malformed");
    CHECK(header_of(wrong, "Allow") == "GET, HEAD, POST");
    fixture.server.restart();
    fixture.client.nonce.clear();
    CHECK(fixture.client.get(path).status == 200);
    REQUIRE(fixture.client.post(fixture.client.kid, R"({"status":"deactivated"})").status == 200);
    for (const char* method : {"GET", "POST"}) CHECK(fixture.client.get(path, method).status == 404);
}

TEST_CASE("terms: nobody agrees for an account whose URL is all that they know, nor to terms that were not shown") {
    Agreed fixture;
    auto other = fixture.server.client();
    REQUIRE(other.register_account("/acme/new-account", R"({"termsOfServiceAgreed":true})").status == 201);
    const auto id = ServerFixture::account_id(fixture.client);
    auto stranger = fixture.server.client();
    for (const char* method : {"GET", "POST"}) CHECK(stranger.get("/acme/terms/" + id + "/AAAA", method).status == 404);
    const auto theirs = fixture.page_of(other, "https://ca.test/terms/2");
    const auto own = fixture.page_of(fixture.client, "https://ca.test/terms/2");
    CHECK(own != theirs);
    const auto key_of = [](const std::string& path) { return path.substr(path.rfind('/')); };
    for (const char* method : {"GET", "POST"}) {
        for (const auto& tail :
             {std::string(), std::string("/"), key_of(theirs), key_of(own) + "A", std::string("/AAAA")}) {
            CAPTURE(tail);
            CHECK(stranger.get("/acme/terms/" + id + tail, method).status == 404);
        }
        CHECK(stranger.get("/acme/terms/nobody" + key_of(own), method).status == 404);
    }
    fixture.set("https://ca.test/terms/3");
    for (const char* method : {"GET", "POST"}) CHECK(stranger.get(own, method).status == 404);
    CHECK(fixture.server.audited("account.terms_agreed") == 0);
    CHECK(stranger.get(fixture.page_of(fixture.client, "https://ca.test/terms/3"), "POST").status == 200);
    CHECK(fixture.server.audited("account.terms_agreed") == 1);
    fixture.set("");
    CHECK(stranger.get(own).status == 404);
}
