#include <set>
#include <thread>

#include "acme/challenges.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "fixture.h"
#include "jose/jwk.h"
#include "net/http_server.h"
#include "net/listener.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

std::set<std::string> types_of(const base::Json& authorization) {
    std::set<std::string> types;
    for (const auto& challenge : authorization["challenges"]) types.insert(challenge["type"]);
    return types;
}

/// A server in challenge mode that may ask 127.0.0.0/8, and a client of it.
struct Setting {
    ServerFixture server{"challenge"};
    AcmeClient client = server.registered();
    net::Listener reserved{{"127.0.0.1:0", false}};  // keeps the port while others listen on it elsewhere
    Setting() {
        server.configuration.settings.allow_targets = {net::Cidr::parse("127.0.0.0/8", "test")};
        server.reconfigure();
    }
    static std::string proof(const AcmeClient& who, const base::Json& challenge) {
        return challenge["token"].get<std::string>() + "." + jose::thumbprint(who.key().public_key());
    }
    static std::string digest(const std::string& proof) {
        return base::base64url_encode(crypto::sha256(base::bytes_of(proof)));
    }
    static base::Json challenge_of(AcmeClient& who, const std::string& authorization, const std::string& type) {
        const auto read = json_of(who.post(authorization, ""));
        for (const auto& challenge : read["challenges"]) {
            if (challenge["type"] == type) return challenge;
        }
        FAIL("not offered: ", type);
        return {};
    }
    static std::string status(AcmeClient& who, const std::string& url) { return json_of(who.post(url, ""))["status"]; }
};

}  // namespace

TEST_CASE("challenge types: profiles and validation speak of the same ones") {
    std::set<std::string> here;
    for (const auto& type : acme::challenge_types()) here.insert(std::string(type.name));
    const auto names = ca::challenge_names();
    CHECK(here == std::set<std::string>(names.begin(), names.end()));
}

TEST_CASE("challenge types: each name is offered those that can prove it") {
    struct Row {
        const char* name;
        std::set<std::string> types;
    };
    const Row rows[] = {
        {"a.test", {"http-01", "dns-01", "tls-alpn-01"}},
        {"*.a.test", {"dns-01"}},
        {"192.0.2.1", {"http-01", "tls-alpn-01"}},
        {"2001:db8::1", {"http-01", "tls-alpn-01"}},
    };
    Setting setting;
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto order = order_of(setting.client.new_order({row.name}));
        const auto authorization = json_of(setting.client.post(order.authorizations.at(0), ""));
        CHECK(types_of(authorization) == row.types);
        CHECK(authorization.contains("wildcard") == std::string(row.name).starts_with("*."));
    }
}

TEST_CASE("challenge types: the profile's list counts, and what nothing on it can prove is refused at once") {
    Setting setting;
    setting.server.profile().acme.challenges = {"tls-alpn-01"};
    setting.server.reconfigure();
    const auto order = order_of(setting.client.new_order({"a.test"}));
    CHECK(types_of(json_of(setting.client.post(order.authorizations.at(0), ""))) ==
          std::set<std::string>{"tls-alpn-01"});
    CHECK_PROBLEM(setting.client.new_order({"*.a.test"}), 400, "rejectedIdentifier");
    setting.server.profile().acme.challenges = {"dns-01"};
    setting.server.reconfigure();
    CHECK_PROBLEM(setting.client.new_order({"192.0.2.1"}), 400, "rejectedIdentifier");
}

TEST_CASE("challenge types: name and wildcard on one certificate, by dns-01, each with its own proof") {
    Setting setting;
    auto& client = setting.client;
    const auto made = client.new_order({"a.test", "*.a.test"});
    const auto order = order_of(made);
    REQUIRE(order.authorizations.size() == 2);
    std::vector<std::string> texts;
    for (const auto& url : order.authorizations) {
        const auto challenge = Setting::challenge_of(client, url, "dns-01");
        texts.push_back(Setting::digest(Setting::proof(client, challenge)));
    }
    setting.server.resolver.set_texts("_acme-challenge.a.test", texts);
    for (const auto& url : order.authorizations) {
        client.post(Setting::challenge_of(client, url, "dns-01")["url"].get<std::string>(), "{}");
    }
    setting.server.app->run_validations();
    CHECK(Setting::status(client, header_of(made, "Location")) == "ready");
    const auto issued = client.finalize(order.finalize, csr_for({"a.test", "*.a.test"}));
    CHECK(issued.status == 200);
}

TEST_CASE("challenge types: a proven name does not open its wildcard") {
    Setting setting;
    auto& client = setting.client;
    const auto order = order_of(client.new_order({"a.test"}));
    const auto challenge = Setting::challenge_of(client, order.authorizations.at(0), "dns-01");
    setting.server.resolver.set_texts("_acme-challenge.a.test", {Setting::digest(Setting::proof(client, challenge))});
    client.post(challenge["url"].get<std::string>(), "{}");
    setting.server.app->run_validations();
    CHECK(order_of(client.new_order({"a.test"})).status == "ready");
    CHECK(order_of(client.new_order({"*.a.test"})).status == "pending");
    CHECK_PROBLEM(client.finalize(order.finalize, csr_for({"*.a.test"})), 400, "badCSR");
}

TEST_CASE("challenge types: tls-alpn-01 is really validated, for a name and for an address") {
    for (const std::string name : {"www.test", "127.0.0.1"}) {
        CAPTURE(name);
        Setting setting;
        setting.reserved.close();
        setting.server.configuration.settings.tls_alpn01_port = setting.reserved.port();
        setting.server.reconfigure();
        setting.server.resolver.set("www.test", {"127.0.0.1"});
        auto& client = setting.client;
        const auto order = order_of(client.new_order({name}));
        const auto challenge = Setting::challenge_of(client, order.authorizations.at(0), "tls-alpn-01");
        acme::ResponderContext responder;
        responder.tls_alpn01_port = setting.reserved.port();
        const auto answer = acme::find_challenge_type("tls-alpn-01")
                                ->present(responder, x509::Identifier::parse(name),
                                          challenge["token"].get<std::string>(), Setting::proof(client, challenge));
        client.post(challenge["url"].get<std::string>(), "{}");
        setting.server.app->run_validations();
        CHECK(Setting::status(client, order.authorizations.at(0)) == "valid");
        CHECK(client.finalize(order.finalize, csr_for({name})).status == 200);
    }
}

TEST_CASE("challenge types: what fails is tried three times, and says where it was tried") {
    for (const std::string type : {"dns-01", "tls-alpn-01"}) {
        CAPTURE(type);
        Setting setting;
        setting.reserved.close();  // nobody is there
        setting.server.configuration.settings.tls_alpn01_port = setting.reserved.port();
        setting.server.reconfigure();
        setting.server.resolver.set("www.test", {"127.0.0.1"});
        setting.server.resolver.set_texts("_acme-challenge.www.test", {"CANARY"});
        auto& client = setting.client;
        const auto order = order_of(client.new_order({"www.test"}));
        const std::string url = Setting::challenge_of(client, order.authorizations.at(0), type)["url"];
        client.post(url, "{}");
        setting.server.app->run_validations();
        CHECK(setting.server.clock.waits() == std::vector<base::Duration>{2s, 5s});
        const auto challenge = json_of(client.post(url, ""));
        CHECK(challenge["status"] == "invalid");
        const std::string detail = challenge["error"]["detail"];
        CHECK(detail.find(type == "dns-01" ? "_acme-challenge.www.test" : "127.0.0.1") != std::string::npos);
        CHECK(challenge.dump().find("CANARY") == std::string::npos);
    }
}

TEST_CASE("challenge types: one account's stalled validations of each type hold up no other account") {
    constexpr int k_stalled = 20;
    Setting setting;
    auto& server = setting.server;
    server.resolver.hold(".stalls.test");
    server.app->start();
    auto greedy = server.registered();
    std::vector<std::string> stalled;
    for (int i = 0; i < k_stalled; ++i) {
        const auto order = order_of(greedy.new_order({"n" + std::to_string(i) + ".stalls.test"}));
        for (const auto* type : {"http-01", "dns-01", "tls-alpn-01"}) {
            const std::string url = Setting::challenge_of(greedy, order.authorizations.at(0), type)["url"];
            greedy.post(url, "{}");
            stalled.push_back(url);
        }
    }
    // As many as one account may run, of each type.
    for (int i = 0; i < 1000 && server.resolver.held() < 24; ++i) std::this_thread::sleep_for(10ms);
    CHECK(server.resolver.held() == 24);

    const auto order = order_of(setting.client.new_order({"www.test"}));
    const auto& authorization = order.authorizations.at(0);
    const auto challenge = Setting::challenge_of(setting.client, authorization, "dns-01");
    server.resolver.set_texts("_acme-challenge.www.test", {Setting::digest(Setting::proof(setting.client, challenge))});
    setting.client.post(challenge["url"].get<std::string>(), "{}");
    std::string status;
    for (int i = 0; i < 1000 && status != "valid"; ++i) {
        if (i > 0) std::this_thread::sleep_for(10ms);
        status = Setting::status(setting.client, authorization);
    }
    CHECK(status == "valid");
    for (const auto& url : stalled) CHECK(Setting::status(greedy, url) == "processing");
    CHECK(server.resolver.held() == 24);
    server.resolver.release();
    server.app->stop();
}

TEST_CASE("challenge types: eight accounts that stall everything of one type hold up no other type") {
    Setting setting;
    auto& server = setting.server;
    server.configuration.settings.concurrency = 8;
    server.reconfigure();
    server.resolver.hold(".stalls.test");
    server.app->start();
    std::vector<AcmeClient> greedy;
    for (int i = 0; i < 8; ++i) {
        greedy.push_back(server.registered());
        for (int j = 0; j < 3; ++j) {
            const auto name = "n" + std::to_string(i) + "-" + std::to_string(j) + ".stalls.test";
            const auto order = order_of(greedy.back().new_order({name}));
            greedy.back().post(
                Setting::challenge_of(greedy.back(), order.authorizations.at(0), "http-01")["url"].get<std::string>(),
                "{}");
        }
    }
    for (int i = 0; i < 1000 && server.resolver.held() < 8; ++i) std::this_thread::sleep_for(10ms);
    const auto order = order_of(setting.client.new_order({"www.test"}));
    const auto challenge = Setting::challenge_of(setting.client, order.authorizations.at(0), "dns-01");
    server.resolver.set_texts("_acme-challenge.www.test", {Setting::digest(Setting::proof(setting.client, challenge))});
    setting.client.post(challenge["url"].get<std::string>(), "{}");
    std::string status;
    for (int i = 0; i < 1000 && status != "valid"; ++i) {
        if (i > 0) std::this_thread::sleep_for(10ms);
        status = Setting::status(setting.client, order.authorizations.at(0));
    }
    CHECK(status == "valid");
    CHECK(server.resolver.held() == 8);
    server.resolver.release();
    server.app->stop();
}

TEST_CASE("challenge types: five hundred of one account wait, the next is put off, another account's is not") {
    Setting setting;
    auto& server = setting.server;
    server.profile().max_names = 1000;
    server.reconfigure();
    std::vector<std::string> names;
    for (int i = 0; i < 501; ++i) names.push_back("n" + std::to_string(i) + ".many.test");
    const auto order = order_of(setting.client.new_order(names));
    REQUIRE(order.authorizations.size() == 501);
    int taken = 0;
    net::Response last;
    for (const auto& url : order.authorizations) {
        last =
            setting.client.post(Setting::challenge_of(setting.client, url, "dns-01")["url"].get<std::string>(), "{}");
        taken += last.status == 200 ? 1 : 0;
    }
    CHECK(taken == 500);
    CHECK_PROBLEM(last, 429, "rateLimited");
    CHECK_FALSE(header_of(last, "Retry-After").empty());
    auto other = server.registered();
    const auto one = order_of(other.new_order({"www.test"}));
    CHECK(other.post(Setting::challenge_of(other, one.authorizations.at(0), "dns-01")["url"].get<std::string>(), "{}")
              .status == 200);
}

TEST_CASE("challenge types: after a kill each pending one is tried again, once") {
    Setting setting;
    auto& server = setting.server;
    std::vector<std::string> names, authorizations;
    for (int i = 0; i < 12; ++i) {
        names.push_back("n" + std::to_string(i) + ".again.test");
        const auto order = order_of(setting.client.new_order({names.back()}));
        authorizations.push_back(order.authorizations.at(0));
        const auto challenge = Setting::challenge_of(setting.client, authorizations.back(), "dns-01");
        server.resolver.set_texts("_acme-challenge." + names.back(),
                                  {Setting::digest(Setting::proof(setting.client, challenge))});
        setting.client.post(challenge["url"].get<std::string>(), "{}");
    }
    server.restart();  // none of them has been looked at
    setting.client.nonce.clear();
    server.app->start();
    for (const auto& url : authorizations) {
        std::string status;
        for (int i = 0; i < 1000 && status != "valid"; ++i) {
            if (i > 0) std::this_thread::sleep_for(10ms);
            status = Setting::status(setting.client, url);
        }
        CHECK(status == "valid");
    }
    server.app->stop();
    for (const auto& name : names) CHECK(server.resolver.texts_asked("_acme-challenge." + name) == 1);
}
