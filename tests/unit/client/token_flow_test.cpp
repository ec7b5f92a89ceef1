// Enrolments by token against our own server, without sockets.
#include <doctest/doctest.h>

#include "client/fetch.h"
#include "unit/client/flow_fixture.h"
#include "unit/server/token_support.h"

using namespace signet;
using base::Error;
using base::Kind;

namespace {

struct TokenFlow : test::FlowFixture {
    TokenFlow() : FlowFixture("token") {
        test::put_token(server, test::sample_token());
        record.binding = binding("kid-1");
    }
    static std::shared_ptr<const acme::AccountBinding> binding(const std::string& kid, char octet = 42) {
        return std::make_shared<const acme::AccountBinding>(
            acme::AccountBinding{kid, base::Secret(std::string(32, octet))});
    }
    Kind refusal() {
        try {
            fetch();
        } catch (const Error& error) {
            return error.kind();
        }
        return Kind::internal;
    }
    void forget_accounts() {
        server.store().write([](store::Transaction& t) {
            t.run("DELETE FROM orders");
            t.run("DELETE FROM authorizations");
            t.run("DELETE FROM accounts");
        });
    }
    void revoke(const std::string& kid) {
        server.store().write([&](store::Transaction& t) { REQUIRE(store::revoke_token(t, kid, 1, "{}")); });
    }
};

}  // namespace

TEST_CASE_FIXTURE(TokenFlow, "token flow: a one-use token enrols, and renewals need it no more") {
    const auto first = fetch().leaf;
    CHECK(renew({.force = true}).leaf.serial_hex() != first.serial_hex());
    CHECK_NOTHROW(fetch());
    CHECK(test::accounts_bound(server) == 1);
}

TEST_CASE_FIXTURE(TokenFlow, "token flow: any one answer may get lost, and the token is used once") {
    fetch();
    const int usual = requests;
    for (int lost = 1; lost <= usual; ++lost) {
        CAPTURE(lost);
        std::filesystem::remove_all(target());
        const auto kid = "kid-lost-" + std::to_string(lost);
        test::put_token(server, test::sample_token(kid));
        record.binding = binding(kid);
        requests = 0;
        after = [&](const net::OutboundRequest&, net::Response&) {
            if (requests == lost) throw Error(Kind::connection, "closed while reading");
        };
        CHECK_NOTHROW(fetch());
        CHECK(test::accounts_bound(server, kid) == 1);
    }
}

TEST_CASE_FIXTURE(TokenFlow, "token flow: the server lost the account, and the token allows another") {
    fetch();
    forget_accounts();
    CHECK_THROWS_AS(renew({.force = true}), Error);  // used up
    server.store().write([](store::Transaction& t) { t.run("UPDATE tokens SET uses = 2"); });
    CHECK_NOTHROW(renew({.force = true}));
    CHECK(test::accounts_bound(server) == 2);
}

TEST_CASE_FIXTURE(TokenFlow, "token flow: without a binding, with a wrong key, with a revoked one") {
    const auto good = record.binding;
    record.binding = nullptr;
    CHECK(refusal() == Kind::external_account_required);
    record.binding = binding("kid-1", 43);
    CHECK(refusal() == Kind::unauthorized);
    revoke("kid-1");
    record.binding = good;
    CHECK(refusal() == Kind::unauthorized);
    CHECK_FALSE(deliver::installed(target()));
}

TEST_CASE_FIXTURE(TokenFlow, "token flow: another token makes another account once it has a certificate") {
    fetch();
    const auto first = client::load_account_key(target(), record.server).public_key().spki_der();
    record.binding = binding("kid-2");
    CHECK(refusal() == Kind::unauthorized);  // nobody made that token
    CHECK(client::load_account_key(target(), record.server).public_key().spki_der() == first);
    CHECK_NOTHROW(renew({.force = true}));  // with what is remembered
    test::put_token(server, test::sample_token("kid-2"));
    revoke("kid-1");
    CHECK_THROWS_AS(renew({.force = true}), Error);
    CHECK_NOTHROW(fetch());
    CHECK(client::load_account_key(target(), record.server).public_key().spki_der() != first);
    CHECK_NOTHROW(renew({.force = true}));
    CHECK(test::accounts_bound(server, "kid-2") == 1);
}

TEST_CASE_FIXTURE(TokenFlow, "token flow: the key of a binding is kept private, and never sent") {
    const std::string key(32, 42);
    before = [&](net::OutboundRequest& request) {
        CHECK(request.body.find(base::base64url_encode(base::bytes_of(key))) == std::string::npos);
    };
    fetch();
    const auto path = target() / ".signet/eab.key";
    CHECK((base::file_facts(path)->mode & 0777) == 0600);
    const auto kept = client::load_renewal_record(target());
    REQUIRE(kept->binding);
    CHECK(kept->binding->kid == "kid-1");
    CHECK(kept->binding->mac_key.reveal() == key);
    record.binding = nullptr;
    fetch();
    CHECK_FALSE(base::file_facts(path));
}
