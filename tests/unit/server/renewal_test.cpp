#include <atomic>
#include <map>
#include <thread>

#include "acme/certificate_id.h"
#include "base/encoding.h"
#include "ca/renewal_window.h"
#include "crypto/digest.h"
#include "fixture.h"
#include "store/certificates.h"
#include "store/sweep.h"
#include "x509/certificate.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

store::CertificateRecord living(std::int64_t lifetime, std::string serial = "01") {
    store::CertificateRecord record{};
    record.serial = std::move(serial);
    record.not_before = 1'700'000'000;
    record.not_after = record.not_before + lifetime;
    return record;
}

/// An account with a certificate.
struct Renewable {
    ServerFixture server;
    AcmeClient owner = server.registered();
    x509::Certificate leaf = issue(owner, {"a.test", "b.test"});

    x509::Certificate issue(AcmeClient& client, const std::vector<std::string>& names) {
        return finish(client, client.new_order(names), names);
    }
    x509::Certificate finish(AcmeClient& client, const net::Response& order, const std::vector<std::string>& names) {
        REQUIRE(order.status == 201);
        const auto done = client.finalize(order_of(order).finalize, csr_for(names));
        REQUIRE(done.status == 200);
        return x509::parse_certificates(client.post(order_of(done).certificate, "").body, "test").front();
    }
    std::string id() const { return acme::certificate_id(leaf).value(); }
    net::Response replace(AcmeClient& client, const std::vector<std::string>& names, const std::string& replaced) {
        acme::NewOrderMessage message;
        for (const auto& name : names) message.identifiers.push_back(x509::Identifier::parse(name));
        message.replaces = replaced;
        return client.post("/acme/new-order", base::dump_json(acme::encode_new_order(message)));
    }
    net::Response ask(const std::string& certificate) { return owner.get("/acme/renewal-info/" + certificate); }
};

}  // namespace

TEST_CASE("renewal: windows of certificates issued together are spread") {
    constexpr int k_count = 10'000;
    for (const std::int64_t lifetime : {4 * 3600, 24 * 3600, 7 * 86400, 90 * 86400}) {
        CAPTURE(lifetime);
        std::map<std::int64_t, int> minutes;  // in how many windows is this minute
        for (int i = 0; i < k_count; ++i) {
            const auto serial = base::hex_encode(crypto::sha256(base::bytes_of(std::to_string(i)))).substr(0, 32);
            const auto window = ca::renewal_window(living(lifetime + i % 60, serial));
            REQUIRE(window.end > window.start);
            REQUIRE(window.start >= 1'700'000'000 + lifetime / 2);
            REQUIRE(window.end < 1'700'000'000 + lifetime / 10 * 9);
            for (auto minute = window.start / 60; minute <= (window.end - 1) / 60; ++minute) ++minutes[minute];
        }
        int most = 0;
        for (const auto& [minute, windows] : minutes) most = std::max(most, windows);
        CHECK(most <= k_count / 50);
    }
}

TEST_CASE("renewal: a window is the same each time, within the lifetime however short, and past once revoked") {
    for (const std::int64_t lifetime : {1, 2, 5, 60, 3600, 86400, 863'999, 864'000, 315'360'000}) {
        CAPTURE(lifetime);
        auto record = living(lifetime, "7f00aa");
        const auto window = ca::renewal_window(record), again = ca::renewal_window(record);
        CHECK(window.start == again.start);
        CHECK(window.end > window.start);
        CHECK(window.end <= record.not_after + 1);
        const auto pause = ca::ask_again_after(record);
        CHECK((pause >= 60 && pause <= 6 * 3600));
        record.revoked_at = record.not_before;
        CHECK(ca::renewal_window(record).end < record.not_before);
        CHECK(ca::renewal_window(record).start < ca::renewal_window(record).end);
    }
}

TEST_CASE("renewal: information is for whoever asks, and says when to ask again") {
    Renewable fixture;
    CHECK(json_of(fixture.owner.get("/acme/directory"))["renewalInfo"] == "https://ca.test:8443/acme/renewal-info");
    const auto response = fixture.ask(fixture.id());
    REQUIRE(response.status == 200);
    CHECK(header_of(response, "Content-Type") == "application/json");
    CHECK(header_of(response, "Retry-After") == "4323");  // a twentieth of 24 hours and a minute
    const auto window = json_of(response)["suggestedWindow"];
    const auto start = base::parse_time(window["start"].get<std::string>(), "start");
    const auto end = base::parse_time(window["end"].get<std::string>(), "end");
    CHECK(start < end);
    CHECK(start > fixture.server.clock.now() + 11h);
    CHECK(end < fixture.server.clock.now() + 21h);

    REQUIRE(fixture.owner
                .post("/acme/revoke-cert", R"({"certificate":")" + base::base64url_encode(fixture.leaf.der()) + "\"}")
                .status == 200);
    const auto revoked = json_of(fixture.ask(fixture.id()))["suggestedWindow"];
    CHECK(base::parse_time(revoked["end"].get<std::string>(), "end") < fixture.server.clock.now());
}

TEST_CASE("renewal: what is no certificate of ours is 404, what is no identifier malformed") {
    Renewable fixture, elsewhere;
    CHECK_PROBLEM(fixture.ask(elsewhere.id()), 404, "malformed");
    const auto dot = fixture.id().find('.');
    const auto key = fixture.id().substr(0, dot), serial = fixture.id().substr(dot + 1);
    CHECK_PROBLEM(fixture.ask(elsewhere.id().substr(0, elsewhere.id().find('.')) + "." + serial), 404, "malformed");
    auto longer = fixture.leaf.serial();
    longer.insert(longer.begin(), std::uint8_t{0});
    CHECK_PROBLEM(fixture.ask(key + "." + base::base64url_encode(longer)), 404, "malformed");
    for (const std::string& id :
         {key, key + ".", "." + serial, serial + "=." + serial, key + "." + serial + "=", key + "." + serial + ".",
          key + ".+A", std::string("x"), key + "." + base::base64url_encode(base::Bytes(22, 1))}) {
        CAPTURE(id);
        CHECK_PROBLEM(fixture.ask(id), 400, "malformed");
    }
    CHECK_PROBLEM(fixture.owner.get("/acme/renewal-info/" + fixture.id(), "DELETE"), 405, "malformed");
    CHECK(fixture.owner.get("/acme/renewal-info").status == 404);
}

TEST_CASE("renewal: an order replaces a certificate once") {
    Renewable fixture;
    const auto order = fixture.replace(fixture.owner, {"a.test", "c.test"}, fixture.id());
    REQUIRE(order.status == 201);
    CHECK(order_of(order).replaces == fixture.id());
    CHECK(json_of(fixture.owner.post(header_of(order, "Location"), ""))["replaces"] == fixture.id());
    CHECK_PROBLEM(fixture.replace(fixture.owner, {"a.test"}, fixture.id()), 409, "alreadyReplaced");

    const auto next = fixture.finish(fixture.owner, order, {"a.test", "c.test"});
    CHECK_PROBLEM(fixture.replace(fixture.owner, {"a.test"}, fixture.id()), 409, "alreadyReplaced");
    // Long after, when the order is swept, it is still replaced, and its successor can be.
    fixture.server.clock.advance(48h);
    fixture.server.store().write(
        [&](store::Transaction& t) { store::sweep(t, base::to_unix(fixture.server.clock.now()), 1000); });
    fixture.owner.nonce.clear();
    CHECK(fixture.owner.post(header_of(order, "Location"), "").status == 404);
    CHECK_PROBLEM(fixture.replace(fixture.owner, {"a.test"}, fixture.id()), 409, "alreadyReplaced");
    CHECK(fixture.replace(fixture.owner, {"a.test"}, acme::certificate_id(next).value()).status == 201);
}

TEST_CASE("renewal: an order that came to nothing replaces nothing") {
    Renewable fixture;
    const auto first = fixture.replace(fixture.owner, {"a.test"}, fixture.id());
    REQUIRE(first.status == 201);
    const auto authorization = order_of(first).authorizations.at(0);
    REQUIRE(fixture.owner.post(authorization, R"({"status":"deactivated"})").status == 200);
    CHECK(fixture.replace(fixture.owner, {"a.test"}, fixture.id()).status == 201);
    CHECK_PROBLEM(fixture.replace(fixture.owner, {"a.test"}, fixture.id()), 409, "alreadyReplaced");
    fixture.server.clock.advance(25h);  // the order expires unused
    fixture.owner.nonce.clear();
    CHECK(fixture.replace(fixture.owner, {"a.test"}, fixture.id()).status == 201);
}

TEST_CASE("renewal: an order replaces its own account's certificate, with a name in common") {
    Renewable fixture, elsewhere;
    auto other = fixture.server.registered();
    const auto foreign = fixture.replace(other, {"a.test"}, fixture.id());
    CHECK_PROBLEM(foreign, 404, "malformed");
    CHECK(fixture.replace(other, {"a.test"}, elsewhere.id()).body == foreign.body);
    CHECK_PROBLEM(fixture.replace(fixture.owner, {"c.test"}, fixture.id()), 400, "malformed");
    CHECK_PROBLEM(fixture.replace(fixture.owner, {"a.test"}, "nonsense"), 400, "malformed");
    CHECK(fixture.replace(fixture.owner, {"A.test", "b.test"}, fixture.id()).status == 201);
}

TEST_CASE("renewal: of many orders at once one replaces the certificate") {
    Renewable fixture;
    std::vector<net::Request> requests;
    base::Json json;
    json["identifiers"][0] = {{"type", "dns"}, {"value", "a.test"}};
    json["replaces"] = fixture.id();
    for (int i = 0; i < 8; ++i) requests.push_back(fixture.owner.signed_request("/acme/new-order", json.dump()));
    std::atomic<int> made = 0, refused = 0;
    std::vector<std::thread> threads;
    for (const auto& request : requests) {
        threads.emplace_back([&] {
            const auto response = fixture.server.app->handle(request);
            if (response.status == 201) ++made;
            if (error_type(response) == "alreadyReplaced") ++refused;
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(made == 1);
    CHECK(refused == 7);
}
