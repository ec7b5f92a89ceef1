// An account whose key others may have: refused in whatever it asks for, for they would ask for the same.

#include <algorithm>

#include "ca/revocation.h"
#include "crypto/digest.h"
#include "fixture.h"
#include "jose/jwk.h"
#include "store/accounts.h"
#include "store/certificates.h"
#include "x509/revocation_reason.h"

using namespace signet;
using namespace signet::test;

namespace {

struct Leak {
    ServerFixture server;
    crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    crypto::PrivateKey copy = crypto::PrivateKey::from_pem(key.to_pem().reveal(), "copy");
    base::Bytes certificate = issue();  // with the key that is to be an account's
    AcmeClient client = AcmeClient(server.handler(), std::move(copy));

    Leak() { REQUIRE(client.register_account().status == 201); }

    base::Bytes issue() {
        auto other = server.registered();
        const auto order = order_of(other.new_order({"a.test"}));
        const auto made = order_of(other.finalize(order.finalize, csr_for({"a.test"}, key))).certificate;
        return x509::parse_pem(other.post(made, "").body, "chain").front().der;
    }
    std::string serial() const { return x509::Certificate::from_der(certificate).serial_hex(); }
    /// As `signet revoke` does it, while the server runs.
    void revoke(int reason = x509::k_key_compromise) {
        const auto record =
            server.store().query([&](store::Transaction& t) { return store::find_certificate(t, serial()); });
        ca::revoke(server.store(), record.value(), reason, server.clock.now(), {"operator uid 0", {}, {}});
    }
    net::Response change_key() {
        const auto url = client.base() + "/acme/key-change";
        base::Json inner;
        inner["account"] = client.kid;
        inner["oldKey"] = jose::to_jwk(client.key().public_key());
        const auto fresh = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
        return client.post(url, jose::sign_jws(fresh, {.url = url}, base::dump_json(inner)));
    }
};

#define CHECK_REVOKED(response)                                                   \
    do {                                                                          \
        const auto& refused_ = (response);                                        \
        CHECK_PROBLEM(refused_, 401, "unauthorized");                             \
        CHECK(refused_.body.find("revoked as compromised") != std::string::npos); \
    } while (false)

}  // namespace

TEST_CASE("account keys: one that is compromised takes its account with it, in whatever it asks for") {
    Leak leak;
    auto& client = leak.client;
    const auto open = client.new_order({"b.test"});
    REQUIRE(open.status == 201);
    leak.revoke();
    CHECK_REVOKED(client.new_order({"b.test"}));
    CHECK_REVOKED(client.finalize(order_of(open).finalize, csr_for({"b.test"})));
    CHECK_REVOKED(client.post(client.kid, ""));
    CHECK_REVOKED(client.post(client.kid, R"({"status":"deactivated"})"));
    CHECK_REVOKED(leak.change_key());
    CHECK_REVOKED(client.post("/acme/new-account", "{}", {.with_jwk = true}));
    const auto account = ServerFixture::account_id(client);
    const auto [status, order] = leak.server.store().query([&](store::Transaction& t) {
        const auto id = header_of(open, "Location");
        return std::pair{store::find_account(t, account)->status,
                         store::find_order(t, id.substr(id.rfind('/') + 1))->status};
    });
    CHECK(status == store::AccountStatus::revoked);
    CHECK(order == store::OrderStatus::invalid);
    CHECK(leak.server.audited("account.revoked") == 1);
    CHECK_PROBLEM(client.register_account(), 401, "unauthorized");
    CHECK(leak.server.registered().new_order({"b.test"}).status == 201);  // its machine goes on with another key
}

TEST_CASE("account keys: the certificate's key revokes, and its own account is gone with it") {
    Leak leak;
    const auto payload = R"({"certificate":")" + base::base64url_encode(leak.certificate) + R"(","reason":1})";
    auto holder = AcmeClient(leak.server.handler(), std::move(leak.key));
    CHECK(holder.post("/acme/revoke-cert", payload).status == 200);
    CHECK_REVOKED(leak.client.new_order({"b.test"}));
}

TEST_CASE("account keys: a CRL that tells of a revocation long after it does not date the account's end back") {
    Leak leak;
    const auto now = base::to_unix(leak.server.clock.now());
    leak.server.store().write([&](store::Transaction& t) {
        REQUIRE(store::revoke_certificate(t, leak.serial(), {now - 100'000, x509::k_key_compromise, now}));
    });
    CHECK(leak.server.store().query([](store::Transaction& t) {
        auto row = t.query("SELECT at FROM audit WHERE action = 'account.revoked'");
        return row->step() ? row->integer(0) : 0;
    }) == now);
}

TEST_CASE("account keys: a certificate that is revoked for another reason says nothing about the key") {
    Leak leak;
    leak.revoke(4);
    CHECK(leak.client.new_order({"b.test"}).status == 201);
    CHECK(leak.server.audited("account.revoked") == 0);
}

TEST_CASE("account keys: one that was given up before stays deactivated, by its own wish") {
    Leak leak;
    CHECK(leak.client.post(leak.client.kid, R"({"status":"deactivated"})").status == 200);
    leak.revoke();
    const auto refused = leak.client.post(leak.client.kid, "");
    CHECK_PROBLEM(refused, 401, "unauthorized");
    CHECK(refused.body.find("deactivated") != std::string::npos);
    CHECK(leak.server.audited("account.revoked") == 0);
}

TEST_CASE("account keys: one that comes on the list of weak keys is refused from the next request on") {
    ServerFixture server;
    auto weak = server.registered(crypto::KeyType::rsa_2048);
    auto fit = server.registered(crypto::KeyType::rsa_2048);
    const auto order = order_of(weak.new_order({"a.test"}));
    std::string line = base::hex_encode(weak.key().public_key().parts().first);
    std::transform(line.begin(), line.end(), line.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    line = base::hex_encode(crypto::sha1(base::bytes_of("Modulus=" + line + "\n"))).substr(20) + "\n";
    base::write_file(server.store().layout().weak_keys(), line);
    CHECK_PROBLEM(weak.finalize(order.finalize, csr_for({"a.test"})), 400, "badPublicKey");
    CHECK_PROBLEM(weak.post(weak.kid, R"({"status":"deactivated"})"), 400, "badPublicKey");
    CHECK(fit.new_order({"a.test"}).status == 201);
    // Somebody put the wrong file there: nothing was written that could not be taken back.
    base::write_file(server.store().layout().weak_keys(), "# none\n");
    CHECK(weak.finalize(order.finalize, csr_for({"a.test"})).status == 200);
}
