// A key that was revoked as compromised is never certified again, through whatever door it comes.

#include "store/compromised_keys.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "ca/ceremony.h"
#include "ca/issuer.h"
#include "ca/revocation.h"
#include "jose/jwk.h"
#include "store/accounts.h"
#include "store/certificates.h"
#include "support.h"
#include "support/temporary_store.h"
#include "x509/revocation_reason.h"

using namespace signet;
using test::ask;
using test::k_now;

namespace {

constexpr int k_superseded = 4;

/// Does something the first time that it is asked: between the decision and the record.
class ActingRandom final : public base::Random {
public:
    std::function<void()> act;
    void fill(std::span<std::uint8_t> out) override {
        if (act) std::exchange(act, {})();
        random_.fill(out);
    }

private:
    test::SeededRandom random_;
};

struct Fixture {
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    ActingRandom random;
    ca::Authorities authorities{store->layout(), clock};
    ca::Issuer issuer{*store, authorities, clock, random};
    ca::Profile profile = ca::ready_made_profiles().at("default");

    Fixture() { ca::init_authority(*store, {}, clock, random); }

    void revoke(const x509::Certificate& certificate, int reason = x509::k_key_compromise) {
        const auto record =
            store->query([&](store::Transaction& t) { return store::find_certificate(t, certificate.serial_hex()); });
        ca::revoke(*store, record.value(), reason, clock.now(), {"operator uid 0", {}, {}});
    }
    ca::SubordinateRequest subordinate(const crypto::PublicKey& key) {
        x509::DistinguishedName subject;
        subject.add("CN", "mesh");
        return {.subject = subject,
                .public_key = key,
                .validity = {},
                .path_length = 0,
                .constraints = {},
                .requester = {"uid 0"}};
    }
    std::int64_t refusals() {
        return store->query([](store::Transaction& t) {
            auto row = t.query("SELECT count(*) FROM audit WHERE action = 'certificate.refused'");
            row->step();
            return row->integer(0);
        });
    }
    template <class Work>
    std::vector<base::ErrorPart> refused(Work work) {
        try {
            work();
        } catch (const base::Error& error) {
            return error.parts();
        }
        FAIL("it was signed");
        return {};
    }
};

bool says(const std::vector<base::ErrorPart>& parts, base::Kind kind, const std::string& text) {
    return std::any_of(parts.begin(), parts.end(), [&](const auto& part) {
        return part.kind == kind && part.message.find(text) != std::string::npos && !part.remedy.empty();
    });
}

}  // namespace

TEST_CASE("compromised keys: never again in a leaf or a CA; the refusal says when and with what") {
    Fixture ca;
    const auto leaf = ca.issuer.issue(ask(ca.profile, {"w.test"})).certificate;
    ca.issuer.issue(ask(ca.profile, {"w.test"}));  // until then it is anybody's business
    ca.revoke(leaf);
    const std::string when = base::format_time(k_now);
    const auto again = ca.refused([&] { ca.issuer.issue(ask(ca.profile, {"other.test"})); });
    CHECK(says(again, base::Kind::bad_public_key, leaf.serial_hex()));
    CHECK(says(again, base::Kind::bad_public_key, when));
    CHECK(ca.refusals() == 1);
    const auto sign = [&] { ca.issuer.issue_subordinate("default", ca.subordinate(test::sample_key()), {}); };
    CHECK(says(ca.refused(sign), base::Kind::bad_public_key, leaf.serial_hex()));
    CHECK(ca.refusals() == 2);
    // A client of the server has it in a CSR (RFC 8555 section 6.7).
    auto request = ask(ca.profile, {"w.test"}, ca::Account{"a", "192.0.2.1", {}});
    CHECK(says(ca.refused([&] { ca.issuer.issue(request); }), base::Kind::bad_csr, leaf.serial_hex()));
    auto fresh = ask(ca.profile, {"w.test"});
    fresh.public_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).public_key();
    CHECK_NOTHROW(ca.issuer.issue(fresh));
}

TEST_CASE("compromised keys: other reasons say nothing about the key") {
    Fixture ca;
    const auto leaf = ca.issuer.issue(ask(ca.profile, {"w.test"})).certificate;
    ca.revoke(leaf, k_superseded);
    CHECK_NOTHROW(ca.issuer.issue(ask(ca.profile, {"w.test"})));
}

TEST_CASE("compromised keys: a CA's key counts, and stays known when the certificate's row is gone") {
    Fixture ca;
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p384).public_key();
    const auto made = ca.issuer.issue_subordinate("default", ca.subordinate(key), {}).certificate;
    ca.revoke(made);
    ca.store->write([](store::Transaction& t) { t.run("DELETE FROM certificates WHERE profile = 'issuing'"); });
    auto request = ask(ca.profile, {"w.test"});
    request.public_key = key;
    CHECK(says(ca.refused([&] { ca.issuer.issue(request); }), base::Kind::bad_public_key, made.serial_hex()));
}

TEST_CASE("compromised keys: one that is revoked between the decision and the record is not certified either") {
    Fixture ca;
    const auto leaf = ca.issuer.issue(ask(ca.profile, {"w.test"})).certificate;
    ca.random.act = [&] { ca.revoke(leaf); };
    CHECK(says(ca.refused([&] { ca.issuer.issue(ask(ca.profile, {"late.test"})); }), base::Kind::bad_public_key,
               leaf.serial_hex()));
    CHECK(ca.store->query([](store::Transaction& t) {
        auto row = t.query("SELECT count(*) FROM certificates WHERE names LIKE '%late%'");
        row->step();
        return row->integer(0);
    }) == 0);
}

TEST_CASE("compromised keys: what a process revoked that did not know of them is caught up with") {
    Fixture ca;
    const auto leaf = ca.issuer.issue(ask(ca.profile, {"w.test"})).certificate;
    const auto others = [&] {
        for (int i = 0; i < 5; ++i) ca.revoke(ca.issuer.issue(ask(ca.profile, {"o.test"})).certificate, k_superseded);
    };
    others();
    ca.clock.advance(std::chrono::seconds(1));
    // As an older version leaves it: revoked, and nothing else.
    const auto revoke_as_before = [&](const x509::Certificate& certificate) {
        ca.revoke(certificate, k_superseded);
        ca.store->write([&](store::Transaction& t) {
            t.run("UPDATE certificates SET revocation_reason = 1 WHERE serial = ?1", certificate.serial_hex());
        });
    };
    revoke_as_before(leaf);
    ca.clock.advance(std::chrono::seconds(1));
    others();
    store::AccountRecord account{};
    account.id = "holder";
    account.thumbprint = jose::thumbprint(leaf.public_key());
    account.jwk = base::dump_json(jose::to_jwk(leaf.public_key()));
    ca.store->write([&](store::Transaction& t) { REQUIRE(store::insert_account(t, account)); });

    const auto step = [&] {
        int seen = 0;
        ca.store->write([&](store::Transaction& t) {
            seen = store::catch_up_with_compromised_keys(t, base::to_unix(ca.clock.now()), 4);
        });
        return seen;
    };
    const auto known = [&](const x509::Certificate& certificate) {
        return ca.store
            ->query([&](store::Transaction& t) { return store::find_compromised_key(t, certificate.public_key()); })
            .has_value();
    };
    const auto status = [&] {
        return ca.store->query([&](store::Transaction& t) { return store::find_account(t, "holder")->status; });
    };
    CHECK(step() == 4);
    CHECK_FALSE(known(leaf));
    CHECK(step() == 4);
    CHECK(known(leaf));
    CHECK(status() == store::AccountStatus::revoked);
    CHECK(step() == 3);  // the end: from now on no more than what comes, and a day before
    CHECK(step() == 4);
    ca.clock.advance(std::chrono::hours(48));
    while (step() == 4) {
    }
    CHECK(step() == 0);
    auto later = ask(ca.profile, {"l.test"});
    later.public_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).public_key();
    const auto last = ca.issuer.issue(later).certificate;
    revoke_as_before(last);
    CHECK(step() == 1);
    CHECK(known(last));
}

TEST_CASE("compromised keys: a revocation counts though its certificate cannot be read") {
    Fixture ca;
    const auto leaf = ca.issuer.issue(ask(ca.profile, {"w.test"})).certificate;
    ca.store->write([&](store::Transaction& t) { t.run("UPDATE certificates SET der = ?1", base::Bytes{0x30, 1}); });
    CHECK_NOTHROW(ca.revoke(leaf));
    CHECK_NOTHROW(ca.issuer.issue(ask(ca.profile, {"w.test"})));
}
