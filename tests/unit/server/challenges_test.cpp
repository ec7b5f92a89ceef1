#include <atomic>
#include <functional>
#include <map>

#include "fixture.h"
#include "jose/jwk.h"
#include "net/http_server.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

/// A server in challenge mode and the web server of its client on 127.0.0.1.
struct Validated {
    ServerFixture server{"challenge"};
    AcmeClient client = server.registered();
    std::atomic<int> hits = 0, fail_first = 0;
    std::function<void(int)> at_hit = [](int) {};
    net::HttpServer target{
        {{"127.0.0.1:0", false}}, [this](const net::Request& request) { return answer(request); }, 2};

    Validated() {
        target.start();
        server.configuration.settings.http01_port = target.port(0);
        server.configuration.settings.allow_targets = {net::Cidr::parse("127.0.0.0/8", "test")};
        server.reconfigure();
        server.resolver.set("www.test", {"127.0.0.1"});
    }
    ~Validated() { target.stop(1s); }
    net::Response answer(const net::Request& request) {
        const int hit = ++hits;
        at_hit(hit);
        if (hit <= fail_first) return net::Response::text(200, "CANARY");
        const auto token = request.path.substr(request.path.rfind('/') + 1);
        return net::Response::text(200, token + "." + jose::thumbprint(client.key().public_key()));
    }
    struct Started {
        acme::OrderMessage order;
        std::string order_url, authorization, challenge;
        net::Response posted;
    };
    Started begin(const std::string& name = "www.test") {
        const auto made = client.new_order({name});
        Started result{order_of(made), header_of(made, "Location"), {}, {}, {}};
        result.authorization = result.order.authorizations.at(0);
        result.challenge = json_of(client.post(result.authorization, ""))["challenges"][0]["url"];
        result.posted = client.post(result.challenge, "{}");
        return result;
    }
    std::string status(const std::string& url) { return json_of(client.post(url, ""))["status"]; }
};

}  // namespace

TEST_CASE("challenges: http-01 is really validated, and the order goes through") {
    Validated fixture;
    const auto started = fixture.begin();
    CHECK(started.posted.status == 200);
    CHECK(json_of(started.posted)["status"] == "processing");
    CHECK(header_of(started.posted, "Retry-After") == "1");
    bool up = false;
    for (const auto& [name, value] : started.posted.headers)
        up = up || value == "<" + started.authorization + ">;rel=\"up\"";
    CHECK(up);
    CHECK(fixture.status(started.authorization) == "pending");
    CHECK(header_of(fixture.client.post(started.authorization, ""), "Retry-After") == "1");
    CHECK(fixture.hits == 0);

    fixture.server.app->run_validations();
    CHECK(fixture.hits == 1);
    CHECK(fixture.status(started.authorization) == "valid");
    CHECK(fixture.status(started.challenge) == "valid");
    CHECK(json_of(fixture.client.post(started.challenge, "")).contains("validated"));
    CHECK(fixture.status(started.order_url) == "ready");
    CHECK(fixture.client.finalize(started.order.finalize, csr_for({"www.test"})).status == 200);
}

TEST_CASE("challenges: one that is settled is not validated again") {
    Validated fixture;
    const auto started = fixture.begin();
    CHECK(json_of(fixture.client.post(started.challenge, "{}"))["status"] == "processing");  // a repeated POST
    fixture.server.app->run_validations();
    CHECK(fixture.hits == 1);
    const auto again = fixture.client.post(started.challenge, "{}");
    CHECK(again.status == 200);
    CHECK(json_of(again)["status"] == "valid");
    fixture.server.app->run_validations();
    CHECK(fixture.hits == 1);
}

TEST_CASE("challenges: tried again on schedule, and the error names no answer") {
    Validated fixture;
    fixture.fail_first = 2;
    const auto started = fixture.begin();
    fixture.server.app->run_validations();
    CHECK(fixture.hits == 3);
    CHECK(fixture.server.clock.waits() == std::vector<base::Duration>{2s, 5s});
    CHECK(fixture.status(started.authorization) == "valid");
}

TEST_CASE("challenges: between two attempts it says what failed, and after what time to look again") {
    Validated fixture;
    fixture.fail_first = 2;
    const auto started = fixture.begin();
    std::map<int, base::Json> seen;
    fixture.at_hit = [&](int hit) { seen[hit] = json_of(fixture.client.post(started.challenge, "")); };
    fixture.server.app->run_validations();
    REQUIRE(seen.size() == 3);
    CHECK_FALSE(seen[1].contains("error"));
    for (const int hit : {2, 3}) {
        CHECK(seen[hit]["status"] == "processing");
        CHECK(seen[hit]["error"]["type"] == "urn:ietf:params:acme:error:incorrectResponse");
        CHECK(seen[hit]["error"]["detail"].get<std::string>().find("127.0.0.1") != std::string::npos);
    }
    CHECK_FALSE(json_of(fixture.client.post(started.challenge, "")).contains("error"));

    const auto other = fixture.begin("later.test");
    const auto id = other.challenge.substr(other.challenge.rfind('/') + 1);
    fixture.server.store().write([&](store::Transaction& t) {
        store::postpone_challenge(t, id, "{}", base::to_unix(fixture.server.clock.now()) + 5);
    });
    for (const auto& url : {other.challenge, other.authorization}) {
        CHECK(header_of(fixture.client.post(url, ""), "Retry-After") == "6");
    }
}

TEST_CASE("challenges: members of a response that mean nothing are ignored") {
    Validated fixture;
    const auto order = order_of(fixture.client.new_order({"www.test"}));
    const auto authorization = json_of(fixture.client.post(order.authorizations.at(0), ""));
    const auto url = authorization["challenges"][0]["url"].get<std::string>();
    const auto posted = fixture.client.post(url, R"({"keyAuthorization":"x","status":"valid","token":7,"shoe":{}})");
    CHECK(posted.status == 200);
    CHECK(json_of(posted)["status"] == "processing");
    CHECK(json_of(posted)["token"] == authorization["challenges"][0]["token"]);
    fixture.server.app->run_validations();
    CHECK(fixture.status(url) == "valid");
}

TEST_CASE("challenges: what fails for good makes authorization and order invalid, with a reason") {
    Validated fixture;
    fixture.fail_first = 1000;
    const auto started = fixture.begin();
    fixture.server.app->run_validations();
    CHECK(fixture.hits == 3);
    const auto challenge = json_of(fixture.client.post(started.challenge, ""));
    CHECK(challenge["status"] == "invalid");
    CHECK(challenge["error"]["type"] == "urn:ietf:params:acme:error:incorrectResponse");
    CHECK(challenge["error"]["detail"].get<std::string>().find("127.0.0.1") != std::string::npos);
    CHECK(challenge.dump().find("CANARY") == std::string::npos);
    const auto authorization = json_of(fixture.client.post(started.authorization, ""));
    CHECK(authorization["status"] == "invalid");
    CHECK(authorization["challenges"][0] == challenge);  // it stays, with its reason (section 7.5.1)
    const auto order = json_of(fixture.client.post(started.order_url, ""));
    CHECK(order["status"] == "invalid");
    CHECK(order["error"]["type"] == "urn:ietf:params:acme:error:incorrectResponse");
    CHECK_PROBLEM(fixture.client.finalize(started.order.finalize, csr_for({"www.test"})), 403, "orderNotReady");
    CHECK(json_of(fixture.client.post(started.challenge, "{}"))["status"] == "invalid");
}

TEST_CASE("challenges: a forbidden target is not connected to and not tried twice") {
    Validated fixture;
    fixture.server.configuration.settings.allow_targets.clear();
    fixture.server.reconfigure();
    const auto started = fixture.begin();
    fixture.server.app->run_validations();
    CHECK(fixture.hits == 0);
    CHECK(fixture.server.clock.waits().empty());
    CHECK(fixture.status(started.authorization) == "invalid");
    const auto told = fixture.client.post(started.challenge, "{}").body;
    CHECK(told.find("127.0.0.1 is ") != std::string::npos);
    CHECK(told.find("allow_targets") == std::string::npos);  // that is for who runs the CA
}

TEST_CASE("challenges: a restarted server goes on where the killed one stopped") {
    Validated fixture;
    const auto started = fixture.begin();
    fixture.server.restart();
    fixture.server.app->start();
    for (int i = 0; i < 500 && fixture.hits == 0; ++i) std::this_thread::sleep_for(10ms);
    fixture.server.app->stop();
    fixture.server.restart();
    fixture.client.nonce.clear();
    CHECK(fixture.status(started.authorization) == "valid");
}

TEST_CASE("challenges: a valid authorization is used again by the next order") {
    Validated fixture;
    const auto first = fixture.begin();
    fixture.server.app->run_validations();
    const auto second = order_of(fixture.client.new_order({"www.test"}));
    CHECK(second.status == "ready");
    CHECK(second.authorizations.at(0) == first.authorization);
    CHECK(*second.expires <= fixture.server.clock.now() + 24h);
    auto other = fixture.server.registered();
    CHECK(order_of(other.new_order({"www.test"})).status == "pending");
    fixture.server.clock.advance(25h);
    fixture.client.nonce.clear();
    CHECK(order_of(fixture.client.new_order({"www.test"})).status == "pending");
}

TEST_CASE("challenges: one that nobody answers in the order's time proves nothing") {
    Validated fixture;
    const auto started = fixture.begin();
    fixture.server.clock.advance(25h);
    fixture.client.nonce.clear();
    fixture.server.app->run_validations();
    CHECK(fixture.hits == 0);
    CHECK(fixture.status(started.authorization) == "invalid");
    CHECK(fixture.status(started.order_url) == "invalid");
}

TEST_CASE("challenges: workers take what is due, eight at once for one account") {
    Validated fixture;
    fixture.server.app->start();
    std::vector<Validated::Started> all;
    for (int i = 0; i < 30; ++i) {
        const auto name = "n" + std::to_string(i) + ".test";
        fixture.server.resolver.set(name, {"127.0.0.1"});
        all.push_back(fixture.begin(name));
    }
    for (int i = 0; i < 1000 && fixture.hits < 30; ++i) std::this_thread::sleep_for(10ms);
    for (const auto& started : all) {
        std::string status;
        for (int i = 0; i < 500 && status != "valid"; ++i) {
            if (i > 0) std::this_thread::sleep_for(10ms);
            status = fixture.status(started.authorization);
        }
        CHECK(status == "valid");
    }
    fixture.server.app->stop();
}
