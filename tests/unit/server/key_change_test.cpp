#include "fixture.h"
#include "jose/jwk.h"
#include "store/accounts.h"

using namespace signet;
using namespace signet::test;

namespace {

constexpr auto k_url = "/acme/key-change";

struct Change {
    ServerFixture server{"challenge"};
    AcmeClient client = server.registered();
    crypto::PrivateKey fresh = crypto::PrivateKey::generate(crypto::KeyType::ec_p384);

    jose::JwsHeader header() const { return {.url = client.base() + k_url}; }
    std::string claim(const std::string& account, const crypto::PublicKey& old_key) const {
        base::Json json;
        json["account"] = account;
        json["oldKey"] = jose::to_jwk(old_key);
        return base::dump_json(json);
    }
    std::string claim() const { return claim(client.kid, client.key().public_key()); }
    std::string inner() const { return jose::sign_jws(fresh, header(), claim()); }
    AcmeClient with_new_key() {
        AcmeClient next(server.handler(), std::move(fresh));
        next.kid = client.kid;
        return next;
    }
};

}  // namespace

TEST_CASE("key change: the new key is the account from then on, the old one is none") {
    Change fixture;
    const auto pending = fixture.client.new_order({"www.test"});
    REQUIRE(pending.status == 201);
    const auto changed = fixture.client.post(k_url, fixture.inner());
    CHECK(changed.status == 200);
    CHECK(header_of(changed, "Location") == fixture.client.kid);
    CHECK_FALSE(header_of(changed, "Replay-Nonce").empty());
    CHECK(json_of(changed)["status"] == "valid");
    CHECK(fixture.server.audited("account.key_changed") == 1);
    const auto former = fixture.server.store().query(
        [&](store::Transaction& t) { return store::former_keys(t, ServerFixture::account_id(fixture.client)); });
    CHECK(former == std::vector<std::string>{jose::thumbprint(fixture.client.key().public_key())});

    CHECK_PROBLEM(fixture.client.post(fixture.client.kid, ""), 400, "malformed");
    const auto order = header_of(pending, "Location");
    auto next = fixture.with_new_key();
    CHECK(next.post(next.kid, "").status == 200);
    CHECK(json_of(next.post(order, ""))["status"] == "pending");
    const auto found = next.register_account("/acme/new-account", R"({"onlyReturnExisting":true})");
    CHECK(found.status == 200);
    CHECK(header_of(found, "Location") == fixture.client.kid);
    // So often and no more.
    fixture.server.store().write([&](store::Transaction& t) {
        for (int i = 0; i < 120; ++i)
            store::remember_key(t, ServerFixture::account_id(fixture.client), "key " + std::to_string(i));
    });
    CHECK(fixture.server.store().query([&](store::Transaction& t) {
        auto row = t.query("SELECT count(*) FROM former_keys");
        row->step();
        return row->integer(0);
    }) == 100);
    // The old key is free: whoever has it may make another account with it.
    CHECK(fixture.client.register_account().status == 201);
}

TEST_CASE("key change: survives a restart and rolls back to a former key") {
    Change fixture;
    REQUIRE(fixture.client.post(k_url, fixture.inner()).status == 200);
    fixture.server.restart();
    auto next = fixture.with_new_key();
    CHECK(next.post(next.kid, "").status == 200);
    base::Json json;
    json["account"] = next.kid;
    json["oldKey"] = jose::to_jwk(next.key().public_key());
    const auto back = jose::sign_jws(fixture.client.key(), {.url = next.base() + k_url}, base::dump_json(json));
    CHECK(next.post(k_url, back).status == 200);
    fixture.client.nonce.clear();
    CHECK(fixture.client.post(fixture.client.kid, "").status == 200);
}

TEST_CASE("key change: a key that has an account is a conflict that names it") {
    Change fixture;
    auto other = fixture.server.registered();
    const auto response = fixture.client.post(k_url, jose::sign_jws(other.key(), fixture.header(), fixture.claim()));
    CHECK_PROBLEM(response, 409, "malformed");
    CHECK(header_of(response, "Location") == other.kid);
    const auto own =
        fixture.client.post(k_url, jose::sign_jws(fixture.client.key(), fixture.header(), fixture.claim()));
    CHECK_PROBLEM(own, 409, "malformed");
    CHECK(header_of(own, "Location") == fixture.client.kid);
    CHECK(fixture.client.post(fixture.client.kid, "").status == 200);
    CHECK(other.post(other.kid, "").status == 200);
}

TEST_CASE("key change: whatever is wrong inside is refused and changes nothing") {
    Change fixture;
    const auto stranger = fixture.server.registered();
    const auto& fresh = fixture.fresh;
    auto header = fixture.header();
    auto with_nonce = header, with_kid = header, elsewhere = header;
    with_nonce.nonce = "AAAA";
    with_kid.kid = fixture.client.kid;
    elsewhere.url = fixture.client.base() + "/acme/new-order";
    auto forged = fixture.inner();
    auto& octet = forged[forged.find("\"signature\":\"") + 20];
    octet = octet == 'A' ? 'B' : 'A';
    const auto old_key = fixture.client.key().public_key();

    struct Row {
        const char* what;
        std::string payload;
    };
    const Row rows[] = {
        {"no JWS", "{}"},
        {"empty", ""},
        {"a nonce", jose::sign_jws(fresh, with_nonce, fixture.claim())},
        {"kid", jose::sign_jws(fresh, with_kid, fixture.claim())},
        {"another url", jose::sign_jws(fresh, elsewhere, fixture.claim())},
        {"signature", forged},
        {"another account", jose::sign_jws(fresh, header, fixture.claim(stranger.kid, old_key))},
        {"a foreign account URL",
         jose::sign_jws(fresh, header, fixture.claim("https://x.example/acme/account/1", old_key))},
        {"another old key",
         jose::sign_jws(fresh, header, fixture.claim(fixture.client.kid, stranger.key().public_key()))},
        {"the new key as the old one",
         jose::sign_jws(fresh, header, fixture.claim(fixture.client.kid, fresh.public_key()))},
        {"no old key", jose::sign_jws(fresh, header, R"({"account":")" + fixture.client.kid + "\"}")},
        {"no account", jose::sign_jws(fresh, header, "{}")},
        {"no object", jose::sign_jws(fresh, header, "[]")},
        {"no JSON", jose::sign_jws(fresh, header, "")},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        CHECK_PROBLEM(fixture.client.post(k_url, row.payload), 400, "malformed");
    }
    CHECK(fixture.client.post(fixture.client.kid, "").status == 200);
    CHECK(fixture.server.audited("account.key_changed") == 0);
}

TEST_CASE("key change: nobody takes over another's account") {
    Change fixture;
    auto thief = fixture.server.registered();
    // The thief signs outside, the claim names the victim's account and key.
    CHECK_PROBLEM(thief.post(k_url, fixture.inner()), 400, "malformed");
    // The thief signs as the victim.
    CHECK_PROBLEM(thief.post(k_url, fixture.inner(), {.kid = fixture.client.kid}), 400, "malformed");
    CHECK(fixture.client.post(fixture.client.kid, "").status == 200);
}
