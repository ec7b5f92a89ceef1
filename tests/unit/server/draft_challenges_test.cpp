#include <thread>

#include "acme/challenge_dns_account01.h"
#include "acme/challenge_dns_persist01.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "fixture.h"
#include "jose/jwk.h"
#include "store/accounts.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

/// A server whose default profile offers one draft type alone, and a client.
struct Draft {
    ServerFixture server{"challenge"};
    AcmeClient client = server.registered();
    std::string type;
    explicit Draft(std::string offered) : type(std::move(offered)) {
        server.profile().acme.challenges = {type};
        server.configuration.settings.caa_identities = {"authority.test"};
        server.reconfigure();
    }
    std::string thumbprint() const { return jose::thumbprint(client.key().public_key()); }
    base::Json challenge_of(const acme::OrderMessage& order) {
        const auto challenges = json_of(client.post(order.authorizations.at(0), ""))["challenges"];
        REQUIRE(challenges.size() == 1);
        CHECK(challenges[0]["type"] == type);
        return challenges[0];
    }
    /// What becomes of an order's authorization when its challenge is posted to.
    base::Json validated(const acme::OrderMessage& order) {
        client.post(challenge_of(order)["url"].get<std::string>(), "{}");
        server.app->run_validations();
        return json_of(client.post(order.authorizations.at(0), ""));
    }
    base::Json validated(const std::string& name) { return validated(order_of(client.new_order({name}))); }
    void persist(const std::string& text) { server.resolver.set_texts("_validation-persist.www.test", {text}); }
};

}  // namespace

TEST_CASE("draft challenges: none is offered unless the profile lists it") {
    ServerFixture server("challenge");
    auto client = server.registered();
    const auto order = order_of(client.new_order({"www.test"}));
    const auto authorization = json_of(client.post(order.authorizations.at(0), ""));
    for (const auto& challenge : authorization["challenges"]) {
        CHECK(challenge["type"] != "dns-account-01");
        CHECK(challenge["type"] != "dns-persist-01");
        CHECK(challenge.contains("token"));
    }
    const auto meta = json_of(client.get("/acme/directory"))["meta"];
    CHECK_FALSE(meta.contains("issuerDomainNames"));
    CHECK_FALSE(meta.contains("accountHashPrefix"));
}

TEST_CASE("dns-account-01: validated at the label of the account's URL, after a restart too") {
    Draft draft("dns-account-01");
    const auto order = order_of(draft.client.new_order({"*.www.test"}));
    const auto challenge = draft.challenge_of(order);
    const auto proof = challenge["token"].get<std::string>() + "." + draft.thumbprint();
    draft.server.resolver.set_texts(acme::account_label(draft.client.kid) + "._acme-challenge.www.test",
                                    {base::base64url_encode(crypto::sha256(base::bytes_of(proof)))});
    draft.client.post(challenge["url"].get<std::string>(), "{}");
    draft.server.restart();
    draft.client.nonce.clear();
    draft.server.app->start();
    std::string status;
    for (int i = 0; i < 1000 && status != "valid"; ++i) {
        if (i > 0) std::this_thread::sleep_for(10ms);
        status = json_of(draft.client.post(order.authorizations.at(0), ""))["status"];
    }
    draft.server.app->stop();
    CHECK(status == "valid");
}

TEST_CASE("dns-account-01: the place of another account proves nothing") {
    Draft draft("dns-account-01");
    const auto order = order_of(draft.client.new_order({"www.test"}));
    const auto challenge = draft.challenge_of(order);
    const auto proof = challenge["token"].get<std::string>() + "." + draft.thumbprint();
    const auto value = base::base64url_encode(crypto::sha256(base::bytes_of(proof)));
    draft.server.resolver.set_texts("_acme-challenge.www.test", {value});
    draft.server.resolver.set_texts(acme::account_label(draft.client.kid + "x") + "._acme-challenge.www.test", {value});
    const auto authorization = draft.validated(order);
    CHECK(authorization["status"] == "invalid");
    CHECK(authorization["challenges"][0]["error"]["type"] == "urn:ietf:params:acme:error:incorrectResponse");
}

TEST_CASE("dns-persist-01: the challenge has no token, and says whom a record must name") {
    Draft draft("dns-persist-01");
    const auto challenge = draft.challenge_of(order_of(draft.client.new_order({"www.test"})));
    CHECK_FALSE(challenge.contains("token"));
    CHECK(challenge["accounturi"] == draft.client.kid);
    CHECK(challenge["issuerDomainNames"] == base::Json::array({"authority.test"}));
    CHECK(challenge["issuer-domain-names"] == base::Json::array({"authority.test"}));
    const auto meta = json_of(draft.client.get("/acme/directory"))["meta"];
    CHECK(meta["issuerDomainNames"] == base::Json::array({"authority.test"}));
    CHECK(meta["accountHashPrefix"] == draft.client.base() + "/acme/account-hash/");
    draft.server.configuration.settings.caa_identities.clear();
    draft.server.reconfigure();
    CHECK(json_of(draft.client.get("/acme/directory"))["meta"]["issuerDomainNames"] == base::Json::array({"ca.test"}));
    CHECK_PROBLEM(draft.client.new_order({"192.0.2.1"}), 400, "rejectedIdentifier");
}

TEST_CASE("dns-persist-01: one record for many orders, by URL or hash") {
    Draft draft("dns-persist-01");
    draft.persist("authority.test; accounturi=" + draft.client.kid);
    const auto made = draft.client.new_order({"www.test"});
    CHECK(draft.validated(order_of(made))["status"] == "valid");
    CHECK(draft.client.finalize(order_of(made).finalize, csr_for({"www.test"})).status == 200);

    draft.server.clock.advance(25h);  // the authorization ends, the record stays
    draft.client.nonce.clear();
    draft.persist("authority.test; accounturi=" + draft.client.base() + "/acme/account-hash/sha-256/" +
                  acme::account_hash("www.test", draft.thumbprint(), draft.client.kid));
    CHECK(draft.validated("www.test")["status"] == "valid");
}

TEST_CASE("dns-persist-01: each refusal is told to the client") {
    struct Row {
        const char* name;
        std::string text, type;
    };
    Draft draft("dns-persist-01");
    const auto& kid = draft.client.kid;
    const Row rows[] = {
        {"www.test", "stranger.test; accounturi=" + kid, "unauthorized"},
        {"www.test", "authority.test", "malformed"},
        {"www.test", "authority.test; accounturi=" + kid + "x", "unauthorized"},
        {"www.test", "authority.test; accounturi=" + kid + "; persistUntil=1", "unauthorized"},
        {"www.test", "authority.test; accounturi=" + kid + "; persistUntil=x", "malformed"},
        {"*.www.test", "authority.test; accounturi=" + kid, "unauthorized"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        draft.persist(row.text);
        const auto authorization = draft.validated(row.name);
        CHECK(authorization["status"] == "invalid");
        CHECK(authorization["challenges"][0]["error"]["type"] == "urn:ietf:params:acme:error:" + row.type);
    }
    draft.persist("authority.test; accounturi=" + kid + "; policy=wildcard");
    CHECK(draft.validated("*.www.test")["status"] == "valid");
}

TEST_CASE("dns-persist-01: the proof counts no longer than the record says") {
    Draft draft("dns-persist-01");
    const auto end = base::to_unix(draft.server.clock.now() + 1h);
    draft.persist("authority.test; accounturi=" + draft.client.kid + "; persistUntil=" + std::to_string(end));
    const auto authorization = draft.validated("www.test");
    CHECK(authorization["status"] == "valid");
    CHECK(authorization["expires"] == base::format_time(base::from_unix(end)));
    CHECK(order_of(draft.client.new_order({"www.test"})).status == "ready");
    draft.server.clock.advance(61min);
    draft.client.nonce.clear();
    CHECK(order_of(draft.client.new_order({"www.test"})).status == "pending");
}

TEST_CASE("dns-persist-01: a record made with a former key of the account holds, one of a stranger's key does not") {
    Draft draft("dns-persist-01");
    const auto hashed = [&](const std::string& thumbprint) {
        return "authority.test; accounturi=" + draft.client.base() + "/acme/account-hash/sha-256/" +
               acme::account_hash("*", thumbprint, draft.client.kid);
    };
    const auto former = hashed(jose::thumbprint(crypto::PrivateKey::generate(crypto::KeyType::ec_p256).public_key()));
    draft.persist(former);
    CHECK(draft.validated("www.test")["status"] == "invalid");
    const auto id = ServerFixture::account_id(draft.client);
    draft.server.store().write([&](store::Transaction& t) { store::remember_key(t, id, "another"); });
    draft.persist(hashed("another"));
    CHECK(draft.validated("www.test")["status"] == "valid");
}
