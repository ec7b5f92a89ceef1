#include "ca/signing.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "ca/ceremony.h"
#include "ca/crls.h"
#include "ca/issuer.h"
#include "crypto/token_key.h"
#include "store/audit.h"
#include "support.h"
#include "support/temporary_store.h"
#include "x509/crl.h"

using namespace signet;
using test::ask;
using test::k_now;
using x509::KeyUsage;

namespace {

/// A key that counts how often it was used.
class CountingKey final : public crypto::TokenKey {
public:
    CountingKey(crypto::PrivateKey key, int& signatures) : key_(std::move(key)), signatures_(signatures) {}
    const crypto::PublicKey& public_key() const override { return key_.public_key(); }
    base::Bytes sign(crypto::SignatureAlgorithm algorithm, base::ByteView message) const override {
        ++signatures_;
        return crypto::sign(key_, algorithm, message);
    }
    const std::string& reference() const override { return reference_; }
    void destroy() const override {}

private:
    crypto::PrivateKey key_;
    int& signatures_;
    std::string reference_ = "pkcs11:token=test";
};

crypto::PublicKey weak_key() {
    base::Bytes modulus(128, 0);
    modulus.front() = 0x80;
    modulus.back() = 1;
    return crypto::PublicKey::from_rsa(modulus, base::Bytes{1, 0, 1});
}

/// What refused it: the rules' ids as the messages name them; empty when it was signed.
struct Gate {
    int signatures = 0;
    crypto::PrivateKey key = crypto::PrivateKey::in_token(
        std::make_unique<CountingKey>(crypto::PrivateKey::generate(crypto::KeyType::ec_p256), signatures));

    std::string refusals(const x509::Template& content, const x509::DraftKind& kind = {}) {
        x509::DistinguishedName name;
        name.add("CN", "Signing Test CA");
        const x509::IssuerFields issuer{name, x509::key_identifier(key.public_key())};
        try {
            ca::sign_certificate(content, issuer, key, kind);
            return {};
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::refused);
            CHECK_FALSE(error.hint().empty());
            return test::reasons(error.parts());
        }
    }
};

x509::Template good_leaf() {
    x509::Template content;
    content.serial = base::Bytes(16, 0x42);
    content.subject.add("CN", "w.test");
    content.names = test::names_of({"w.test"});
    content.public_key = test::sample_key();
    content.not_before = k_now;
    content.not_after = k_now + std::chrono::hours(24);
    content.key_usage = usage_bit(KeyUsage::digital_signature);
    content.extended_key_usage = {x509::k_server_auth, x509::k_client_auth};
    return content;
}
x509::Template good_ca() {
    x509::Template content = good_leaf();
    content.names.clear();
    content.extended_key_usage.clear();
    content.ca = true;
    content.path_length = 0;
    content.key_usage =
        static_cast<x509::KeyUsages>(usage_bit(KeyUsage::key_cert_sign) | usage_bit(KeyUsage::crl_sign));
    return content;
}
x509::Template good_responder() {
    x509::Template content = good_leaf();
    content.names.clear();
    content.extended_key_usage = {x509::k_ocsp_signing};
    content.ocsp_no_check = true;
    return content;
}
x509::Template good_svid() {
    x509::Template content = good_leaf();
    content.subject = {};
    content.names = test::names_of({"spiffe://mesh.test/w"});
    return content;
}

struct Row {
    const char* rule;
    x509::Template (*start)();
    void (*spoil)(x509::Template&);
    x509::DraftKind kind = {};
};

void add_usage(x509::Template& content, KeyUsage usage) {
    content.key_usage = static_cast<x509::KeyUsages>(content.key_usage | usage_bit(usage));
}

const Row k_bad[] = {
    {"RFC 8813 section 3, RFC 9295 section 3 (key-usage-key-type)", good_leaf,
     [](x509::Template& t) { add_usage(t, KeyUsage::key_encipherment); }},
    {"RFC 5280 section 4.2.1.9 (cert-sign-without-ca)", good_leaf,
     [](x509::Template& t) { add_usage(t, KeyUsage::key_cert_sign); }},
    {"RFC 5280 section 4.2 (critical-extension)", good_leaf,
     [](x509::Template& t) {
         t.extra.push_back({"1.3.6.1.4.1.55555.1", true, base::Bytes{5, 0}});
     }},
    {"(san-missing)", good_leaf, [](x509::Template& t) { t.names.clear(); }},
    {"(weak-key)", good_leaf, [](x509::Template& t) { t.public_key = weak_key(); }},
    {"RFC 5280 section 4.2.1.3 (key-usage-missing)", good_ca, [](x509::Template& t) { t.key_usage = 0; }},
    {"RFC 5280 section 6.1.4 (n) (cert-sign)", good_ca,
     [](x509::Template& t) { t.key_usage = usage_bit(KeyUsage::crl_sign); }},
    {"(subject-empty-value)", good_ca,
     [](x509::Template& t) {
         t.subject = {};
         t.subject.add("CN", " ");
     }},
    {"(policy-constraints-critical)", good_ca,
     [](x509::Template& t) {
         t.extra.push_back({"2.5.29.36", false, base::Bytes{0x30, 3, 0x80, 1, 0}});
     }},
    {"(key-usage-key-type)", good_responder, [](x509::Template& t) { add_usage(t, KeyUsage::data_encipherment); }},
    {"(weak-key)", good_responder, [](x509::Template& t) { t.public_key = weak_key(); }},
    {"SPIFFE X509-SVID section 4.4 (svid-extended-key-usage)",
     good_svid,
     [](x509::Template& t) { t.extended_key_usage = {x509::k_client_auth}; },
     {.svid = true}},
    {"(svid-one-uri)",
     good_svid,
     [](x509::Template& t) {
         t.names = test::names_of({"spiffe://mesh.test/w", "spiffe://mesh.test/x"});
     },
     {.svid = true}},
};

struct Fixture {
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    test::SeededRandom random;
    ca::Authorities authorities{store->layout(), clock};
    ca::Issuer issuer{*store, authorities, clock, random};
    ca::Profile profile = ca::ready_made_profiles().at("default");

    Fixture() { ca::init_authority(*store, {}, clock, random); }

    /// Rows of the inventory, certificates that the log says were issued, and its refusals.
    std::string state() {
        return store->query([](store::Transaction& transaction) {
            std::string text;
            for (const char* sql :
                 {"SELECT count(*) FROM certificates", "SELECT count(*) FROM audit WHERE action = 'certificate.issued'",
                  "SELECT count(*) FROM audit WHERE action = 'certificate.refused'"}) {
                auto row = transaction.query(sql);
                row->step();
                text += (text.empty() ? "" : " ") + std::to_string(row->integer(0));
            }
            return text;
        });
    }
    std::string last_refusal() {
        return store->query([](store::Transaction& transaction) {
            auto row = transaction.query(
                "SELECT detail FROM audit WHERE action = 'certificate.refused' ORDER BY id DESC LIMIT 1");
            return row->step() ? row->text(0) : std::string();
        });
    }
    template <class Work>
    std::string refused(Work work) {
        try {
            work();
            return "signed";
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::refused);
            return test::reasons(error.parts());
        }
    }
};

}  // namespace

TEST_CASE("signing: what keeps the rules is signed, once") {
    Gate gate;
    int expected = 0;
    for (const auto make : {good_leaf, good_ca, good_responder, good_svid}) {
        CHECK(gate.refusals(make(), {.svid = make == good_svid}) == "");
        CHECK(gate.signatures == ++expected);
    }
}

TEST_CASE("signing: what breaks a rule never meets the key, whatever it is") {
    Gate gate;
    for (const Row& row : k_bad) {
        CAPTURE(row.rule);
        x509::Template content = row.start();
        row.spoil(content);
        const std::string refusals = gate.refusals(content, row.kind);
        CHECK_MESSAGE(refusals.find(row.rule) != std::string::npos, refusals);
    }
    CHECK(gate.signatures == 0);
}

TEST_CASE("signing: rules of SPIFFE bind what is meant as an SVID, those of subjects no name that is established") {
    Gate gate;
    x509::Template client = good_svid();
    client.extended_key_usage = {x509::k_client_auth};
    CHECK(gate.refusals(client) == "");
    x509::Template cross = good_ca();
    cross.subject = {};
    cross.subject.add("CN", " ");
    CHECK(gate.refusals(cross, {.established_subject = true}) == "");
    CHECK(gate.signatures == 2);
}

TEST_CASE("signing: a root that breaks a rule is refused too") {
    x509::Template content = good_ca();
    content.key_usage = 0;
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    content.public_key = key.public_key();
    CHECK_THROWS_AS(ca::sign_itself(content, key), base::Error);
    content.key_usage = usage_bit(KeyUsage::key_cert_sign);
    CHECK(ca::sign_itself(content, key).self_issued());
}

TEST_CASE("signing: through the doors of the issuer the refusal is audited, and nothing is recorded") {
    Fixture ca;
    const auto authority = ca.authorities.get("default");
    CHECK(ca.state() == "2 0 0");

    auto leaf = ask(ca.profile, {"w.test"});
    leaf.common_name = " ";
    CHECK(ca.refused([&] { ca.issuer.issue(leaf); }).find("(subject-empty-value)") != std::string::npos);
    CHECK(ca.state() == "2 0 1");
    CHECK(ca.last_refusal().find("RFC 5280 appendix A.1 (subject-empty-value)") != std::string::npos);

    x509::DistinguishedName blank;
    blank.add("O", " ");
    const ca::SubordinateRequest subordinate{.subject = blank,
                                             .public_key = test::sample_key(),
                                             .validity = {},
                                             .path_length = 0,
                                             .constraints = {},
                                             .requester = {"uid 0"}};
    CHECK(ca.refused([&] { ca.issuer.issue_subordinate("default", subordinate, {}); }).find("(subject-empty-value)") !=
          std::string::npos);
    CHECK(ca.state() == "2 0 2");
    CHECK(ca.last_refusal().find("(subject-empty-value)") != std::string::npos);

    const auto responder = [&] {
        ca.issuer.issue_responder(*authority, authority->issuing(), weak_key(), std::chrono::hours(24));
    };
    CHECK(ca.refused(responder).find("(weak-key)") != std::string::npos);
    CHECK(ca.state() == "2 0 3");
    CHECK(ca.last_refusal().find("(weak-key)") != std::string::npos);

    // A refusal whose caller keeps count of refusals is the caller's to write down.
    leaf.audit_refusal = false;
    CHECK(ca.refused([&] { ca.issuer.issue(leaf); }).find("(subject-empty-value)") != std::string::npos);
    CHECK(ca.state() == "2 0 3");

    // CRLs are no certificates: they do not pass there.
    const auto crl = ca::sign_new_crl(*ca.store, *authority, authority->issuing_id(), std::chrono::hours(24), k_now);
    CHECK(x509::Crl::from_der(crl.der).signed_by(authority->issuing().public_key()));
    ca.issuer.issue(ask(ca.profile, {"w.test"}));
    CHECK(ca.state() == "3 1 3");
}
