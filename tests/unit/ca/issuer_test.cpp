#include "ca/issuer.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "ca/ceremony.h"
#include "ca/crls.h"
#include "proofs.h"
#include "store/audit.h"
#include "store/audit_check.h"
#include "store/certificates.h"
#include "support.h"
#include "support/temporary_store.h"

using namespace signet;
using test::ask;
using test::k_now;

namespace {

/// Repeats its first serials: what a broken source of randomness looks like.
class StuckRandom final : public base::Random {
public:
    explicit StuckRandom(int times) : left_(times) {}
    void fill(std::span<std::uint8_t> out) override {
        std::fill(out.begin(), out.end(), static_cast<std::uint8_t>(left_ > 0 ? 7 : 8));
        --left_;
    }

private:
    int left_;
};

struct Fixture {
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    test::SeededRandom random;
    ca::Authorities authorities{store->layout(), clock};
    ca::Profile profile = ca::ready_made_profiles().at("default");

    Fixture() { ca::init_authority(*store, {}, clock, random); }

    std::vector<std::string> audit(const std::string& action) {
        return store->query([&](store::Transaction& transaction) {
            std::vector<std::string> rows;
            auto row = transaction.query("SELECT actor, detail FROM audit WHERE action = ?1 ORDER BY id", action);
            while (row->step()) rows.push_back(row->text(0) + ": " + row->text(1));
            return rows;
        });
    }
    std::optional<store::CertificateRecord> find(const std::string& serial) {
        return store->query(
            [&](store::Transaction& transaction) { return store::find_certificate(transaction, serial); });
    }
};

}  // namespace

TEST_CASE("issuer: what it hands out is recorded and audited") {
    Fixture ca;
    ca::Issuer issuer(*ca.store, ca.authorities, ca.clock, ca.random);
    const ca::Issued issued = issuer.issue(ask(ca.profile, {"w.test", "10.0.0.1"}));
    const auto record = ca.find(issued.certificate.serial_hex());
    REQUIRE(record);
    CHECK(record->der == issued.certificate.der());
    CHECK(record->names == std::vector<std::string>{"w.test", "10.0.0.1"});
    CHECK(record->subject == "CN=w.test");
    CHECK(record->source == "cli");
    CHECK(record->profile == "default");
    CHECK(record->authority == "default");
    CHECK(record->key_type == "ec-p256");
    CHECK(record->issuer_id == ca.authorities.get("default")->issuing_id());
    CHECK(record->not_after == base::to_unix(issued.certificate.not_after()));
    CHECK_FALSE(record->account);
    CHECK(issued.chain.size() == 1);
    CHECK(issued.anchors.size() == 1);
    const auto audit = ca.audit("certificate.issued");
    REQUIRE(audit.size() == 1);
    CHECK(audit[0].starts_with("operator uid 0"));
}

TEST_CASE("issuer: a refusal is thrown with all reasons, and audited") {
    Fixture ca;
    ca.profile.permit_dns = {"a.test"};
    ca::Issuer issuer(*ca.store, ca.authorities, ca.clock, ca.random);
    try {
        issuer.issue(ask(ca.profile, {"b.test", "c.test"}));
        FAIL("issued");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::rejected_identifier);
        CHECK(error.parts().size() == 2);
    }
    CHECK(ca.audit("certificate.issued").empty());
    const auto audit = ca.audit("certificate.refused");
    REQUIRE(audit.size() == 1);
    CHECK(audit[0].find("b.test") != std::string::npos);
    CHECK(audit[0].find("c.test") != std::string::npos);
}

TEST_CASE("issuer: what the caller's part of the transaction throws undoes all of it") {
    Fixture ca;
    ca::Issuer issuer(*ca.store, ca.authorities, ca.clock, ca.random);
    std::string serial;
    const auto fail = [&](store::Transaction&, const store::CertificateRecord& record) {
        serial = record.serial;
        throw base::Error{base::Kind::order_not_ready, "the order is not ready any more"};
    };
    try {
        issuer.issue(ask(ca.profile, {"w.test"}), fail);
        FAIL("issued");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::order_not_ready);
    }
    CHECK_FALSE(serial.empty());
    CHECK_FALSE(ca.find(serial));
    CHECK(ca.audit("certificate.issued").empty());
}

TEST_CASE("issuer: a caller's own clash is no clash of serials") {
    Fixture ca;
    ca::Issuer issuer(*ca.store, ca.authorities, ca.clock, ca.random);
    int calls = 0;
    CHECK_THROWS_AS(issuer.issue(ask(ca.profile, {"w.test"}),
                                 [&](store::Transaction&, const store::CertificateRecord&) {
                                     ++calls;
                                     throw base::Error{base::Kind::exists, "taken"};
                                 }),
                    base::Error);
    CHECK(ca.audit("certificate.issued").empty());
}

TEST_CASE("issuer: a serial that is taken is drawn again, not for ever") {
    Fixture ca;
    StuckRandom once(2);  // the second certificate draws the first one's serial, then another
    ca::Issuer issuer(*ca.store, ca.authorities, ca.clock, once);
    const auto first = issuer.issue(ask(ca.profile, {"a.test"}));
    const auto second = issuer.issue(ask(ca.profile, {"b.test"}));
    CHECK(first.certificate.serial_hex() != second.certificate.serial_hex());
    CHECK_THROWS_AS(issuer.issue(ask(ca.profile, {"c.test"})), base::Error);
    CHECK(ca.audit("certificate.issued").size() == 2);
}

TEST_CASE("issuer: the audit log says which token had let the account in") {
    Fixture ca;
    ca.profile.permit_dns = {"a.test"};
    ca::Issuer issuer(*ca.store, ca.authorities, ca.clock, ca.random);
    const auto by = [](std::vector<std::string> names) {
        return ca::Account{"acct1", "", test::proofs_for(names), {}, "5f2a"};
    };
    issuer.issue(ask(ca.profile, {"a.test"}, by({"a.test"})));
    CHECK_THROWS_AS(issuer.issue(ask(ca.profile, {"b.test"}, by({"b.test"}))), base::Error);
    CHECK(ca.audit("certificate.issued") == std::vector<std::string>{"account acct1: by token 5f2a"});
    REQUIRE(ca.audit("certificate.refused").size() == 1);
    CHECK(ca.audit("certificate.refused")[0].starts_with("account acct1: by token 5f2a; b.test is not permitted"));
}

TEST_CASE("issuer: a preview refuses what issue would, and records nothing") {
    Fixture ca;
    ca.profile.permit_dns = {"a.test"};
    ca::Issuer issuer(*ca.store, ca.authorities, ca.clock, ca.random);
    auto request = ask(ca.profile, {"a.test", "b.test"}, ca::Account{"acct1", "", {}});
    request.public_key.reset();
    CHECK(issuer.preview(request).size() == 1);
    CHECK(ca.audit("certificate.refused").empty());
}

TEST_CASE("issuer: a profile of a CA that is not there is an error that names it") {
    Fixture ca;
    ca.profile.ca = "lab";
    ca::Issuer issuer(*ca.store, ca.authorities, ca.clock, ca.random);
    try {
        issuer.issue(ask(ca.profile, {"a.test"}));
        FAIL("issued");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::not_found);
        CHECK(error.message().find("'lab'") != std::string::npos);
    }
}

TEST_CASE("issuer: a clock that was set back neither repeats a number nor breaks the audit log") {
    using namespace std::chrono_literals;
    Fixture ca;
    ca::Issuer issuer(*ca.store, ca.authorities, ca.clock, ca.random);
    const auto crl_number = [&] {
        const auto authority = ca.authorities.get("default");
        return ca::sign_new_crl(*ca.store, *authority, authority->issuing_id(), 24h, ca.clock.now()).number;
    };
    ca.clock.advance(48h);
    issuer.issue(ask(ca.profile, {"a.test"}));
    const auto before = crl_number();
    ca.clock.set(k_now + 1h);
    const auto later = issuer.issue(ask(ca.profile, {"b.test"}));
    CHECK(later.certificate.not_before() <= ca.clock.now());
    CHECK(crl_number() > before);
    CHECK_FALSE(store::check_audit(*ca.store, std::nullopt).fault);
    store::AuditLog since({.since = base::to_unix(k_now + 2h)});
    CHECK(ca.store->query([&](store::Transaction& t) { return since.next(t, 100).size(); }) == 1);

    // Before the CA begins: whether its key was loaded already or not.
    ca.clock.set(k_now - 48h);
    CHECK_THROWS_AS(issuer.issue(ask(ca.profile, {"c.test"})), const base::Error&);
    ca::Authorities fresh(ca.store->layout(), ca.clock);
    ca::Issuer other(*ca.store, fresh, ca.clock, ca.random);
    CHECK_THROWS_AS(other.issue(ask(ca.profile, {"c.test"})), const base::Error&);
    ca.clock.set(k_now + 24h * 365 * 20);
    CHECK_THROWS_AS(issuer.issue(ask(ca.profile, {"d.test"})), const base::Error&);
    CHECK(ca.audit("certificate.issued").size() == 2);
}
