// External account binding (RFC 8555 section 7.3.4) and the mode `token`.
#include "store/accounts.h"
#include "token_support.h"

using namespace signet;
using namespace signet::test;

namespace {

struct TokenServer : ServerFixture {
    explicit TokenServer(const std::string& auth = "token") : ServerFixture(auth) { put_token(*this, sample_token()); }
    AcmeClient bound() {
        auto made = client();
        REQUIRE(bind(made).status == 201);
        return made;
    }
    void revoke() {
        store().write([&](store::Transaction& t) { REQUIRE(store::revoke_token(t, "kid-1", 1, "{}")); });
    }
    void change(const std::function<void(store::TokenRecord&)>& edit) {
        auto token = sample_token();
        edit(token);
        store().write([&](store::Transaction& t) { t.run("DELETE FROM tokens WHERE kid = ?1", token.kid); });
        put_token(*this, token);
    }
};

std::string authorization_of(AcmeClient& client, const net::Response& order) {
    return client.post(order_of(order).authorizations.front(), "").body;
}

}  // namespace

TEST_CASE_FIXTURE(TokenServer, "tokens: a bound account gets a certificate without challenges, and its binding back") {
    auto machine = client();
    const auto made = bind(machine);
    REQUIRE(made.status == 201);
    CHECK(json_of(made)["externalAccountBinding"]["protected"].is_string());
    CHECK(json_of(machine.post(machine.kid, "")).contains("externalAccountBinding"));
    CHECK(accounts_bound(*this) == 1);

    const auto ordered = machine.new_order({"db.internal", "*.db.internal"});
    REQUIRE(ordered.status == 201);
    CHECK(order_of(ordered).status == "ready");
    const auto authorization = base::parse_json(authorization_of(machine, ordered), "x");
    CHECK(authorization["status"] == "valid");
    CHECK(authorization["challenges"][0]["status"] == "valid");
    CHECK(authorization["challenges"][0]["token"].is_string());
    CHECK(authorization["challenges"][0]["validated"].is_string());
    const auto done = machine.finalize(order_of(ordered).finalize, csr_for({"db.internal", "*.db.internal"}));
    CHECK(done.status == 200);
    CHECK(order_of(done).status == "valid");
}

TEST_CASE_FIXTURE(TokenServer, "tokens: the directory says what it takes, and an account without one is refused") {
    CHECK(json_of(client().get("/acme/directory"))["meta"]["externalAccountRequired"] == true);
    auto machine = client();
    CHECK_PROBLEM(machine.register_account(), 403, "externalAccountRequired");
    configuration.settings.auth = "challenge";
    reconfigure();
    CHECK(json_of(client().get("/acme/directory"))["meta"]["externalAccountRequired"] == false);
    profile("client").acme.require_eab = true;
    reconfigure();
    CHECK(json_of(client().get("/acme/profile/client/directory"))["meta"]["externalAccountRequired"] == true);
    CHECK_PROBLEM(machine.register_account("/acme/profile/client/new-account"), 403, "externalAccountRequired");
    CHECK(machine.register_account().status == 201);
}

TEST_CASE_FIXTURE(TokenServer, "tokens: a binding that is not right makes no account and costs no use") {
    auto machine = client();
    const auto other = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).public_key();
    CHECK_PROBLEM(bind(machine, {.kid = "kid-2"}), 401, "unauthorized");
    CHECK_PROBLEM(bind(machine, {.mac_key = base::Bytes(32, 43)}), 401, "unauthorized");
    CHECK_PROBLEM(bind(machine, {.url = "https://ca.test:8443/acme/profile/client/new-account"}), 400, "malformed");
    CHECK_PROBLEM(bind(machine, {.payload = base::dump_json(jose::to_jwk(other))}), 400, "malformed");
    CHECK_PROBLEM(bind(machine, {.payload = "[]"}), 400, "malformed");
    CHECK_PROBLEM(machine.register_account("/acme/new-account", R"({"externalAccountBinding":"x"})"), 400, "malformed");
    CHECK_PROBLEM(machine.register_account("/acme/new-account", R"({"externalAccountBinding":{}})"), 400, "malformed");
    // One under the account's own key is no MAC.
    const auto own = jose::sign_jws(machine.key(), {.url = machine.base() + "/acme/new-account", .kid = "kid-1"}, "{}");
    CHECK_PROBLEM(machine.register_account("/acme/new-account", R"({"externalAccountBinding":)" + own + "}"), 400,
                  "malformed");
    CHECK(accounts_bound(*this) == 0);
    CHECK(store().query([](store::Transaction& t) { return store::list_accounts(t); }).empty());
    CHECK(bind(machine).status == 201);
}

TEST_CASE_FIXTURE(TokenServer, "tokens: a wrong key and an unknown kid are told the same") {
    auto machine = client();
    const auto unknown = bind(machine, {.kid = "kid-2"});
    const auto wrong = bind(machine, {.mac_key = base::Bytes(32, 43)});
    CHECK(unknown.body == wrong.body);
}

TEST_CASE_FIXTURE(TokenServer, "tokens: one use binds one account, which may ask again") {
    auto machine = bound();
    const auto kid = machine.kid;
    CHECK(bind(machine).status == 200);
    CHECK(machine.kid == kid);
    CHECK(machine.register_account().status == 200);  // no binding is needed to be found
    CHECK(accounts_bound(*this) == 1);
    auto second = client();
    const auto refused = bind(second);
    CHECK_PROBLEM(refused, 401, "unauthorized");
    CHECK(refused.body.find("used up") != std::string::npos);
}

TEST_CASE_FIXTURE(TokenServer, "tokens: the end of a token ends binding, not what it bound") {
    change([&](store::TokenRecord& token) {
        token.uses.reset();
        token.expires_at = base::to_unix(clock.now()) + 60;
    });
    auto machine = bound();
    clock.advance(std::chrono::seconds(60));
    auto late = client();
    CHECK_PROBLEM(bind(late), 401, "unauthorized");
    CHECK(machine.new_order({"db.internal"}).status == 201);
}

TEST_CASE_FIXTURE(TokenServer, "tokens: revoking one stops what it bound at the next request, finalize too") {
    auto machine = bound();
    const auto ordered = machine.new_order({"db.internal"});
    REQUIRE(order_of(ordered).status == "ready");
    revoke();
    CHECK_PROBLEM(machine.finalize(order_of(ordered).finalize, csr_for({"db.internal"})), 401, "unauthorized");
    CHECK_PROBLEM(machine.new_order({"db.internal"}), 401, "unauthorized");
    CHECK_PROBLEM(machine.post(machine.kid, ""), 401, "unauthorized");
    CHECK_PROBLEM(bind(machine), 401, "unauthorized");
    auto late = client();
    CHECK_PROBLEM(bind(late), 401, "unauthorized");
}

TEST_CASE_FIXTURE(TokenServer, "tokens: names are what token and profile permit both, refused by identifier") {
    change([](store::TokenRecord& token) { token.dns = {"**.db.internal"}; });
    profile().deny_dns = {"secret.db.internal"};
    reconfigure();
    auto machine = bound();
    CHECK(machine.new_order({"a.db.internal"}).status == 201);
    const auto refused = machine.new_order({"a.db.internal", "web.internal", "10.0.0.1", "secret.db.internal"});
    CHECK_PROBLEM(refused, 400, "rejectedIdentifier");
    CHECK(json_of(refused)["subproblems"].size() == 3);
    CHECK_PROBLEM(machine.post("/acme/new-authz", R"({"identifier":{"type":"dns","value":"web.internal"}})"), 400,
                  "rejectedIdentifier");
}

TEST_CASE("tokens: their patterns count in every mode, at finalize too") {
    for (const char* mode : {"trust", "challenge", "token"}) {
        CAPTURE(mode);
        TokenServer server(mode);
        server.change([](store::TokenRecord& token) { token.dns = {"a.internal"}; });
        auto machine = server.bound();
        CHECK_PROBLEM(machine.new_order({"b.internal"}), 400, "rejectedIdentifier");
        server.grant(machine, "a.internal");
        const auto ordered = machine.new_order({"a.internal"});
        REQUIRE(order_of(ordered).status == "ready");
        server.store().write([](store::Transaction& t) { t.run("UPDATE tokens SET dns = 'c.internal' || char(10)"); });
        CHECK_PROBLEM(machine.finalize(order_of(ordered).finalize, csr_for({"a.internal"})), 400, "rejectedIdentifier");
    }
}

TEST_CASE("tokens: in challenge mode the challenges still run") {
    TokenServer server("challenge");
    server.profile().acme.require_eab = true;
    server.reconfigure();
    auto machine = server.bound();
    CHECK(order_of(machine.new_order({"db.internal"})).status == "pending");
}

TEST_CASE_FIXTURE(TokenServer, "tokens: an account made elsewhere gets nothing where a binding is asked for") {
    profile("client").acme.auth = "trust";
    reconfigure();
    auto stranger = client();
    REQUIRE(stranger.register_account("/acme/profile/client/new-account").status == 201);
    CHECK_PROBLEM(stranger.new_order({"db.internal"}), 403, "externalAccountRequired");
    CHECK_PROBLEM(stranger.new_order({"db.internal"}, "/acme/profile/client/new-order", "default"), 403,
                  "externalAccountRequired");
    CHECK_PROBLEM(stranger.post("/acme/new-authz", R"({"identifier":{"type":"dns","value":"db.internal"}})"), 403,
                  "externalAccountRequired");
    // It exists: a binding sent later does not bind it, and costs nothing.
    CHECK(bind(stranger).status == 200);
    CHECK(accounts_bound(*this) == 0);
    CHECK_PROBLEM(stranger.new_order({"db.internal"}), 403, "externalAccountRequired");
    // What was open when the rule came is refused at finalize.
    const auto ordered = stranger.new_order({"db.internal"}, "/acme/profile/client/new-order");
    REQUIRE(order_of(ordered).status == "ready");
    profile("client").acme.require_eab = true;
    reconfigure();
    CHECK_PROBLEM(stranger.finalize(order_of(ordered).finalize, csr_for({"db.internal"})), 403,
                  "externalAccountRequired");
}

TEST_CASE_FIXTURE(TokenServer, "tokens: one is for its own profile") {
    put_token(*this, sample_token("kid-c", "client"));
    auto machine = client();
    CHECK_PROBLEM(bind(machine, {.kid = "kid-c"}), 401, "unauthorized");
    REQUIRE(bind(machine, {.kid = "kid-c"}, "/acme/profile/client/new-account").status == 201);
    CHECK(machine.new_order({"db.internal"}, "/acme/profile/client/new-order").status == 201);
    CHECK_PROBLEM(machine.new_order({"db.internal"}), 401, "unauthorized");
    CHECK_PROBLEM(machine.new_order({"db.internal"}, "/acme/profile/client/new-order", "default"), 401, "unauthorized");
}

TEST_CASE_FIXTURE(TokenServer, "tokens: what trust gave does not count after the mode became token") {
    configuration.settings.auth = "trust";
    reconfigure();
    auto machine = bound();
    const auto ordered = machine.new_order({"db.internal"});
    REQUIRE(order_of(ordered).status == "ready");
    configuration.settings.auth = "token";
    reconfigure();
    CHECK(machine.finalize(order_of(ordered).finalize, csr_for({"db.internal"})).status != 200);
    const auto again = machine.new_order({"db.internal"});
    CHECK(machine.finalize(order_of(again).finalize, csr_for({"db.internal"})).status == 200);
}

TEST_CASE_FIXTURE(TokenServer, "tokens: a name had by a token does not permit revoking another's certificate") {
    change([](store::TokenRecord& token) { token.uses = 2; });
    auto owner = bound();
    const auto ordered = owner.new_order({"db.internal"});
    const auto done = owner.finalize(order_of(ordered).finalize, csr_for({"db.internal"}));
    const auto der = x509::parse_pem(owner.post(order_of(done).certificate, "").body, "x").front().der;
    auto other = bound();
    REQUIRE(other.new_order({"db.internal"}).status == 201);
    const auto payload = R"({"certificate":")" + base::base64url_encode(der) + "\"}";
    CHECK_PROBLEM(other.post("/acme/revoke-cert", payload), 403, "unauthorized");
    CHECK(owner.post("/acme/revoke-cert", payload).status == 200);
}

TEST_CASE_FIXTURE(TokenServer, "tokens: the audit log says which token bound an account") {
    bound();
    const auto detail = store().query([](store::Transaction& t) {
        auto row = t.query("SELECT detail FROM audit WHERE action = 'account.created'");
        return row->step() ? row->text(0) : std::string();
    });
    CHECK(detail == "bound by token kid-1");
}
