#include <atomic>
#include <thread>

#include "fixture.h"
#include "jose/jwk.h"
#include "store/certificates.h"
#include "x509/certificate.h"

using namespace signet;
using namespace signet::test;

namespace {

constexpr auto k_url = "/acme/revoke-cert";

std::string payload_for(const base::Bytes& der, const std::string& rest = {}) {
    return R"({"certificate":")" + base::base64url_encode(der) + "\"" + rest + "}";
}

/// A certificate that an account has, with its key.
struct Revocable {
    ServerFixture server;
    AcmeClient owner = server.registered();
    crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    std::vector<std::string> names;
    base::Bytes der;

    explicit Revocable(std::vector<std::string> wanted = {"a.test", "b.test"}) : names(std::move(wanted)) {
        const auto order = order_of(owner.new_order(names));
        const auto done = owner.finalize(order.finalize, csr_for(names, key));
        REQUIRE(done.status == 200);
        der = x509::parse_pem(owner.post(order_of(done).certificate, "").body, "test").front().der;
    }
    std::string payload(const std::string& rest = {}) const { return payload_for(der, rest); }
    store::CertificateRecord record() {
        const auto serial = x509::Certificate::from_der(der).serial_hex();
        return server.store().query([&](store::Transaction& t) { return store::find_certificate(t, serial); }).value();
    }
};

}  // namespace

TEST_CASE("revocation: by the account that ordered it, recorded and audited at once") {
    Revocable fixture;
    const auto response = fixture.owner.post(k_url, fixture.payload(R"(,"reason":4)"));
    CHECK(response.status == 200);
    CHECK(response.body.empty());
    CHECK_FALSE(header_of(response, "Replay-Nonce").empty());
    CHECK(header_of(response, "Link") == "<https://ca.test:8443/acme/directory>;rel=\"index\"");
    CHECK(fixture.record().revoked_at == base::to_unix(fixture.server.clock.now()));
    CHECK(fixture.record().revocation_reason == 4);
    CHECK(fixture.server.audited("certificate.revoked") == 1);
}

TEST_CASE("revocation: a second time is alreadyRevoked and changes nothing") {
    Revocable fixture;
    REQUIRE(fixture.owner.post(k_url, fixture.payload(R"(,"reason":1)")).status == 200);
    CHECK_PROBLEM(fixture.owner.post(k_url, fixture.payload()), 400, "alreadyRevoked");
    CHECK(fixture.record().revocation_reason == 1);
    CHECK(fixture.server.audited("certificate.revoked") == 1);
}

TEST_CASE("revocation: by the certificate's key, with or without an account of its own") {
    for (const bool registered : {false, true}) {
        CAPTURE(registered);
        Revocable fixture;
        AcmeClient holder(fixture.server.handler(), std::move(fixture.key));
        if (registered) {
            REQUIRE(holder.register_account().status == 201);
            holder.post(holder.kid, R"({"status":"deactivated"})");
            holder.kid.clear();
        }
        CHECK(holder.post(k_url, fixture.payload()).status == 200);
        CHECK(fixture.record().revoked_at);
    }
}

TEST_CASE("revocation: a key that is not the certificate's does not, an account's in \"jwk\" neither") {
    Revocable fixture;
    auto stranger = fixture.server.client();
    CHECK_PROBLEM(stranger.post(k_url, fixture.payload()), 403, "unauthorized");
    CHECK_PROBLEM(fixture.owner.post(k_url, fixture.payload(), {.with_jwk = true}), 403, "unauthorized");
    CHECK_FALSE(fixture.record().revoked_at);
    CHECK(fixture.server.audited("certificate.revoked") == 0);
}

TEST_CASE("revocation: by another account only with every name proved by validation") {
    struct Row {
        std::vector<std::pair<const char*, const char*>> granted;  // name, proof
        int status;
    };
    const Row rows[] = {
        {{}, 403},
        {{{"a.test", "http-01"}}, 403},
        {{{"a.test", "http-01"}, {"b.test", "trust"}}, 403},
        {{{"a.test", "http-01"}, {"b.test", "manual"}}, 403},
        {{{"a.test", "http-01"}, {"*.b.test", "http-01"}}, 403},
        {{{"a.test", "http-01"}, {"b.test", "http-01"}}, 200},
        {{{"a.test", "trust"}, {"a.test", "http-01"}, {"b.test", "http-01"}}, 200},
    };
    for (const auto& row : rows) {
        Revocable fixture;
        auto other = fixture.server.registered();
        std::string shown;
        for (const auto& [name, proof] : row.granted) {
            fixture.server.grant(other, name, proof);
            shown += std::string(name) + " by " + proof + " ";
        }
        CAPTURE(shown);
        const auto response = other.post(k_url, fixture.payload());
        CHECK(response.status == row.status);
        if (row.status == 403) CHECK_PROBLEM(response, 403, "unauthorized");
        CHECK(fixture.record().revoked_at.has_value() == (row.status == 200));
    }
}

TEST_CASE("revocation: authorizations that ended or were given up count no more") {
    Revocable fixture({"*.a.test"});
    auto other = fixture.server.registered();
    fixture.server.grant(other, "a.test");
    CHECK_PROBLEM(other.post(k_url, fixture.payload()), 403, "unauthorized");
    const auto id = fixture.server.grant(other, "*.a.test");
    CHECK(other.post("/acme/authorization/" + id, R"({"status":"deactivated"})").status == 200);
    CHECK_PROBLEM(other.post(k_url, fixture.payload()), 403, "unauthorized");
    fixture.server.grant(other, "*.a.test");
    fixture.server.clock.advance(std::chrono::hours(2));
    other.nonce.clear();
    CHECK_PROBLEM(other.post(k_url, fixture.payload()), 403, "unauthorized");
    fixture.server.grant(other, "*.a.test");
    CHECK(other.post(k_url, fixture.payload()).status == 200);
}

TEST_CASE("revocation: what this CA has not issued is never answered with 200") {
    Revocable fixture, elsewhere;
    CHECK_PROBLEM(fixture.owner.post(k_url, elsewhere.payload()), 404, "malformed");
    AcmeClient holder(fixture.server.handler(), std::move(elsewhere.key));
    CHECK_PROBLEM(holder.post(k_url, elsewhere.payload()), 404, "malformed");
    // Ours but for one bit of its signature: a serial alone is not enough.
    auto forged = fixture.der;
    forged.back() ^= 1;
    const auto response = fixture.owner.post(k_url, payload_for(forged));
    CHECK(response.status >= 400);
    CHECK_FALSE(fixture.record().revoked_at);
}

TEST_CASE("revocation: reasons are those of a leaf, and the error lists them") {
    struct Row {
        const char* reason;
        int status;
        const char* type;
    };
    const Row rows[] = {{"2", 400, "badRevocationReason"},
                        {"6", 400, "badRevocationReason"},
                        {"7", 400, "badRevocationReason"},
                        {"8", 400, "badRevocationReason"},
                        {"10", 400, "badRevocationReason"},
                        {"11", 400, "badRevocationReason"},
                        {"-1", 400, "badRevocationReason"},
                        {"18446744073709551615", 400, "badRevocationReason"},
                        {"4294967297", 400, "badRevocationReason"},
                        {"1.0", 400, "malformed"},
                        {"\"1\"", 400, "malformed"},
                        {"null", 400, "malformed"}};
    Revocable fixture;
    for (const auto& row : rows) {
        CAPTURE(row.reason);
        const auto response = fixture.owner.post(k_url, fixture.payload(std::string(R"(,"reason":)") + row.reason));
        CHECK(response.status == row.status);
        CHECK(error_type(response) == row.type);
        if (row.type == std::string("badRevocationReason")) {
            CHECK(response.body.find("1 (keyCompromise)") != std::string::npos);
        }
    }
    CHECK_FALSE(fixture.record().revoked_at);
    for (const char* reason : {"0", "1", "3", "4", "5", "9"}) {
        CAPTURE(reason);
        Revocable fresh;
        CHECK(fresh.owner.post(k_url, fresh.payload(std::string(R"(,"reason":)") + reason)).status == 200);
        CHECK(fresh.record().revocation_reason == std::stoi(reason));
    }
}

TEST_CASE("revocation: what is no request for it is malformed") {
    Revocable fixture;
    for (const char* payload : {"", "{}", "[]", R"({"certificate":7})", R"({"certificate":"AA=="})",
                                R"({"certificate":"MAA"})", R"({"certificate":""})"}) {
        CAPTURE(payload);
        CHECK_PROBLEM(fixture.owner.post(k_url, payload), 400, "malformed");
    }
}

TEST_CASE("revocation: of many at once one gets through") {
    Revocable fixture;
    std::vector<net::Request> requests;
    for (int i = 0; i < 8; ++i) requests.push_back(fixture.owner.signed_request(k_url, fixture.payload()));
    std::atomic<int> done = 0, already = 0;
    std::vector<std::thread> threads;
    for (const auto& request : requests) {
        threads.emplace_back([&] {
            const auto response = fixture.server.app->handle(request);
            if (response.status == 200) ++done;
            if (error_type(response) == "alreadyRevoked") ++already;
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(done == 1);
    CHECK(already == 7);
    CHECK(fixture.server.audited("certificate.revoked") == 1);
}

TEST_CASE("revocation: a key revoked as compromised is in no certificate and no account any more") {
    for (const bool by_key : {false, true}) {
        CAPTURE(by_key);
        Revocable fixture;
        const auto copy = [&] { return crypto::PrivateKey::from_pem(fixture.key.to_pem().reveal(), "test"); };
        AcmeClient holder(fixture.server.handler(), copy());
        const auto payload = fixture.payload(R"(,"reason":1)");
        REQUIRE((by_key ? holder.post(k_url, payload) : fixture.owner.post(k_url, payload)).status == 200);

        const auto order = order_of(fixture.owner.new_order(fixture.names));
        const auto refused = fixture.owner.finalize(order.finalize, csr_for(fixture.names, fixture.key));
        CHECK_PROBLEM(refused, 400, "badCSR");
        CHECK(refused.body.find(fixture.record().serial) != std::string::npos);
        const auto fresh = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
        CHECK(fixture.owner.finalize(order.finalize, csr_for(fixture.names, fresh)).status == 200);

        CHECK_PROBLEM(holder.register_account(), 400, "badPublicKey");
        base::Json claim;
        claim["account"] = fixture.owner.kid;
        claim["oldKey"] = jose::to_jwk(fixture.owner.key().public_key());
        const std::string url = "/acme/key-change";
        const auto inner = jose::sign_jws(copy(), {.url = fixture.owner.base() + url}, base::dump_json(claim));
        CHECK_PROBLEM(fixture.owner.post(url, inner), 400, "badPublicKey");
        CHECK(fixture.owner.post(fixture.owner.kid, "").status == 200);
    }
}
