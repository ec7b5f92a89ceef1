#include "ca/import.h"

#include <doctest/doctest.h>
#include <filesystem>

#include "ca/authority_crls.h"
#include "ca/crls.h"
#include "ca/issuer.h"
#include "ca/revocation.h"
#include "ca/trust.h"
#include "store/certificates.h"
#include "support.h"
#include "support/temporary_store.h"
#include "x509/build.h"
#include "x509/csr.h"
#include "x509/pem.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Kind;
using test::k_now;

namespace {

constexpr base::Duration k_year = 24h * 365;

/// A store with a clock; two of them play the offline machine and the one that issues.
struct Machine {
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    test::SeededRandom random;
    ca::Authorities authorities{store->layout(), clock};
    ca::Issuer issuer{*store, authorities, clock, random};
    const store::Layout& layout() { return store->layout(); }
    std::int64_t audited(const std::string& action) {
        return store->query([&](store::Transaction& transaction) {
            auto row = transaction.query("SELECT count(*) FROM audit WHERE action = ?1", action);
            row->step();
            return row->integer(0);
        });
    }
};

ca::SubordinateRequest request_of(const x509::CertificateRequest& csr) {
    return {.subject = csr.subject,
            .public_key = csr.public_key,
            .validity = {},
            .path_length = 0,
            .constraints = {},
            .requester = {"uid 0"}};
}

struct Exchange {
    Machine offline, online;
    ca::InitRequest wish;

    Exchange() {
        ca::InitRequest root;
        root.common_name = "Offline Root CA";
        ca::init_authority(*offline.store, root, offline.clock, offline.random);
        wish.name = "web";
        wish.external_root = true;
    }
    x509::CertificateRequest csr() {
        const std::string pem = ca::certificate_request_of(online.layout(), "web", {}, k_now);
        return x509::CertificateRequest::from_file_contents(pem, "issuing.csr");
    }
    static x509::CertificateRequest csr_of(const crypto::PrivateKey& key, const std::string& name) {
        x509::DistinguishedName subject;
        subject.add("CN", name);
        return x509::CertificateRequest::from_der(x509::build_ca_csr(key, subject, {}));
    }
    x509::Certificate root() { return ca::read_authority_files(offline.layout(), "default").root; }
    x509::Certificate sign(const ca::SubordinateRequest& request) {
        return offline.issuer.issue_subordinate("default", request, {}).certificate;
    }
    ca::ImportRequest import_of(const x509::Certificate& issuing) {
        return {
            .name = {}, .issuing = {issuing}, .root = root(), .key = {}, .passphrase = {}, .keys = {}, .actor = "t"};
    }
    Kind refusal(const ca::ImportRequest& request) {
        try {
            ca::import_authority(*online.store, request, online.clock);
        } catch (const base::Error& error) {
            return error.kind();
        }
        return Kind::internal;  // imported
    }
};

std::vector<std::string> refusals(Exchange& exchange, const ca::SubordinateRequest& request) {
    std::vector<std::string> messages;
    try {
        exchange.sign(request);
    } catch (const base::Error& error) {
        for (const auto& part : error.parts()) {
            messages.push_back(part.message);
            CHECK_FALSE(part.remedy.empty());
        }
    }
    return messages;
}

}  // namespace

TEST_CASE("offline root: request, signature and import make a CA that issues") {
    Exchange exchange;
    CHECK(ca::init_external(*exchange.online.store, exchange.wish, exchange.online.clock));
    CHECK_FALSE(ca::init_external(*exchange.online.store, exchange.wish, exchange.online.clock));
    CHECK(ca::authority_waits(exchange.online.layout(), "web"));
    CHECK(base::file_facts(exchange.online.layout().issuing_key("web"))->mode == 0600);
    CHECK_THROWS_AS(exchange.online.authorities.get("web"), base::Error);

    const auto csr = exchange.csr();
    CHECK(csr.subject.text() == "CN=web Issuing CA");
    const auto issuing = exchange.sign(request_of(csr));
    CHECK(issuing.is_ca());
    CHECK(issuing.basic_constraints()->path_length == 0);
    CHECK(issuing.signed_by(exchange.root().public_key()));
    CHECK(exchange.offline.store->query([&](store::Transaction& transaction) {
        return store::find_certificate(transaction, issuing.serial_hex())->profile;
    }) == "issuing");

    const auto imported =
        ca::import_authority(*exchange.online.store, exchange.import_of(issuing), exchange.online.clock);
    CHECK(imported.name == "web");
    CHECK(imported.how == ca::Imported::completed);
    CHECK_FALSE(ca::authority_waits(exchange.online.layout(), "web"));
    CHECK(exchange.online.audited("ca.imported") == 1);
    ca::Profile profile = ca::ready_made_profiles().at("default");
    profile.ca = "web";
    const auto issued = exchange.online.issuer.issue(test::ask(profile, {"w.internal"}));
    CHECK(issued.certificate.signed_by(issuing.public_key()));
    CHECK(issued.chain == std::vector<x509::Certificate>{issuing});
    CHECK(issued.anchors == std::vector<x509::Certificate>{exchange.root()});
}

TEST_CASE("offline root: a new certificate for the same key takes the place of the one before") {
    Exchange exchange;
    ca::init_external(*exchange.online.store, exchange.wish, exchange.online.clock);
    auto request = request_of(exchange.csr());
    request.validity = k_year;
    const auto first = exchange.sign(request);
    ca::import_authority(*exchange.online.store, exchange.import_of(first), exchange.online.clock);
    const auto again = exchange.csr();
    CHECK(again.public_key == first.public_key());
    CHECK(again.subject == first.subject());
    const auto second = exchange.sign(request_of(again));
    const auto imported =
        ca::import_authority(*exchange.online.store, exchange.import_of(second), exchange.online.clock);
    CHECK(imported.how == ca::Imported::renewed);
    CHECK(ca::read_authority_files(exchange.online.layout(), "web").issuing == second);
}

TEST_CASE("offline root: what does not hold is not imported, and the CA goes on waiting") {
    Exchange exchange;
    ca::init_external(*exchange.online.store, exchange.wish, exchange.online.clock);
    const auto issuing = exchange.sign(request_of(exchange.csr()));
    const auto& other = test::sample_authority();
    auto wrong_root = exchange.import_of(issuing);
    wrong_root.root = other.root;
    CHECK(exchange.refusal(wrong_root) == Kind::refused);
    auto foreign = exchange.import_of(*other.issuing);
    foreign.root = other.root;
    CHECK(exchange.refusal(foreign) == Kind::refused);  // a chain that holds, for a key that is not here
    auto leaf = exchange.import_of(
        exchange.offline.issuer.issue(test::ask(ca::ready_made_profiles().at("default"), {"w.internal"})).certificate);
    CHECK(exchange.refusal(leaf) == Kind::refused);
    exchange.online.clock.advance(20 * k_year);
    CHECK(exchange.refusal(exchange.import_of(issuing)) == Kind::refused);
    CHECK(ca::authority_waits(exchange.online.layout(), "web"));
    CHECK(exchange.online.audited("ca.imported") == 0);
}

TEST_CASE("offline root: an import that was killed half way is completed by the same command") {
    Exchange exchange;
    ca::init_external(*exchange.online.store, exchange.wish, exchange.online.clock);
    const auto issuing = exchange.sign(request_of(exchange.csr()));
    base::write_file(exchange.online.layout().issuing_certificate("web"), x509::encode_certificates({issuing}));
    CHECK(ca::authority_waits(exchange.online.layout(), "web"));
    CHECK(ca::import_authority(*exchange.online.store, exchange.import_of(issuing), exchange.online.clock).how ==
          ca::Imported::completed);
}

TEST_CASE("import: a CA of another tool comes in with its key, below a hierarchy of three") {
    Exchange exchange;
    // Offline root → policy CA (path length 1) → issuing CA.
    const auto policy_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    auto request = request_of(exchange.csr_of(policy_key, "Policy CA"));
    request.path_length = 1;
    const auto policy = exchange.sign(request);
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p384);
    x509::Template content;
    content.serial = {7, 7, 7};
    content.subject.add("CN", "Web CA");
    content.public_key = key.public_key();
    content.not_before = k_now - 1h;
    content.not_after = k_now + k_year;
    content.ca = true;
    content.path_length = 0;
    content.key_usage = x509::usage_bit(x509::KeyUsage::key_cert_sign);
    const auto issuing =
        x509::build_certificate(content, {policy.subject(), x509::key_identifier(policy.public_key())}, policy_key);
    const base::Path file = exchange.online.store.root() / "web.key";
    base::write_file(file, key.to_pem().reveal(), {.mode = 0600});
    auto wish = exchange.import_of(issuing);
    wish.issuing = {issuing, exchange.root(), policy};  // in any order
    wish.key = file;
    wish.name = "web";
    wish.passphrase = std::make_shared<const base::Secret>(std::string("secret"));
    CHECK(ca::import_authority(*exchange.online.store, wish, exchange.online.clock).how == ca::Imported::made);
    const auto files = ca::read_authority_files(exchange.online.layout(), "web");
    CHECK(files.chain() == std::vector<x509::Certificate>{issuing, policy});
    CHECK(base::read_file(exchange.online.layout().issuing_key("web"), 1 << 16).find("ENCRYPTED") != std::string::npos);
    CHECK(exchange.refusal(wish) == Kind::exists);
    wish.name = "other";
    base::write_file(file, policy_key.to_pem().reveal(), {.mode = 0600});
    CHECK(exchange.refusal(wish) == Kind::refused);
}

TEST_CASE("sign: what no root should sign is refused, with every reason") {
    Exchange exchange;
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    auto request = request_of(exchange.csr_of(key, "Sub CA"));
    request.validity = 11 * k_year;
    request.path_length = -1;
    request.subject = exchange.root().subject();
    CHECK(refusals(exchange, request).size() == 3);
    CHECK(exchange.offline.audited("certificate.refused") == 1);
    request = request_of(exchange.csr_of(key, "Sub CA"));
    request.subject = {};
    CHECK(refusals(exchange, request).size() == 1);
    request = request_of(exchange.csr_of(key, "Sub CA"));
    request.public_key = exchange.root().public_key();
    CHECK(refusals(exchange, request).size() == 1);
    request = request_of(exchange.csr_of(key, "Sub CA"));
    request.path_length = 3;
    request.constraints = ca::name_constraints_from({{"mesh.internal"}, {}, {}});
    const auto made = exchange.sign(request);
    CHECK(made.basic_constraints()->path_length == 3);
    CHECK(ca::describe(*made.name_constraints()) == "DNS mesh.internal, not IP 0.0.0.0/0, not IP ::/0");
    std::filesystem::remove(exchange.offline.layout().root_key("default"));
    CHECK_THROWS_AS(exchange.sign(request), base::Error);
}

TEST_CASE("trust: a foreign anchor counts beside the root until it is removed") {
    Exchange exchange;
    Machine& machine = exchange.offline;
    const x509::Certificate foreign = test::sample_authority().root;
    const ca::TrustRequest request{"default", "other", "operator uid 0"};
    const auto before = machine.authorities.get("default")->anchors();
    CHECK(ca::add_trust(*machine.store, request, foreign, k_now));
    CHECK_FALSE(ca::add_trust(*machine.store, request, foreign, k_now));
    CHECK(machine.authorities.get("default")->anchors() == std::vector<x509::Certificate>{before.front(), foreign});
    CHECK(machine.issuer.issue(test::ask(ca::ready_made_profiles().at("default"), {"w.internal"})).anchors.size() == 2);
    CHECK_THROWS_AS(ca::add_trust(*machine.store, {"default", "again", "t"}, foreign, k_now), base::Error);
    CHECK_THROWS_AS(ca::add_trust(*machine.store, {"default", "own", "t"}, before.front(), k_now), base::Error);
    CHECK_THROWS_AS(ca::add_trust(*machine.store, {"default", "../x", "t"}, foreign, k_now), base::Error);
    CHECK_THROWS_AS(
        ca::add_trust(*machine.store, {"default", "old", "t"}, *test::sample_authority().issuing, k_now + k_year),
        base::Error);
    ca::remove_trust(*machine.store, request, k_now);
    CHECK(machine.authorities.get("default")->anchors() == before);
    CHECK_THROWS_AS(ca::remove_trust(*machine.store, request, k_now), base::Error);
    CHECK(machine.audited("ca.trust_added") == 1);
    CHECK(machine.audited("ca.trust_removed") == 1);
}

namespace {

/// An issuing CA in one store below a root in another, whose CRLs are carried over.
struct Below : Exchange {
    x509::Certificate issuing;
    ca::Crls crls{*online.store, online.authorities, online.clock};

    Below() : issuing(set_up()) {}
    x509::Certificate set_up() {
        ca::init_external(*online.store, wish, online.clock);
        auto made = sign(request_of(csr()));
        ca::import_authority(*online.store, import_of(made), online.clock);
        return made;
    }
    x509::Crl sign_crl(base::Time now = k_now, base::Duration validity = 30 * 24h) {
        const auto authority = offline.authorities.get("default");
        return x509::Crl::from_der(
            ca::sign_new_crl(*offline.store, *authority, ca::authority_id(authority->root()), validity, now).der);
    }
    ca::CrlImported take(const x509::Crl& crl, Machine& machine) {
        return ca::import_crls(*machine.store, {{}, {crl}, "root.crl", "operator uid 0"}, machine.clock.now()).at(0);
    }
    ca::CrlImported take(const x509::Crl& crl) { return take(crl, online); }
    bool published(const x509::Crl& crl) { return crls.get("web", "root")->der == crl.der(); }
};

}  // namespace

TEST_CASE("imported CRL: that of a root elsewhere is published, until a later one comes") {
    Below below;
    const auto authority = below.offline.authorities.get("default");
    const std::string id = ca::authority_id(below.root());
    CHECK_THROWS_AS(below.crls.get("web", "root"), base::Error);
    const auto first = below.sign_crl();
    const auto imported = below.take(first);
    CHECK(imported.name == "web");
    CHECK(imported.changed);
    CHECK(imported.crl.revoked.empty());
    CHECK(below.published(first));
    CHECK(below.crls.get("web", id) == below.crls.get("web", "root"));
    CHECK_THROWS_AS(below.crls.get("web", "../web/crls/" + id), base::Error);
    CHECK_FALSE(below.take(first).changed);
    CHECK(below.online.audited("ca.crl_imported") == 1);

    const auto second = below.sign_crl(k_now + 1h);
    CHECK_THROWS_AS(below.take(second), base::Error);  // of the future
    below.online.clock.advance(2h);
    CHECK(below.take(second).changed);
    CHECK(below.published(second));
    CHECK_THROWS_WITH_AS(below.take(first), doctest::Contains("is not above"), base::Error);
    CHECK(below.published(second));
    below.online.clock.advance(40 * 24h);
    CHECK(below.published(second));  // no other is to be had
    CHECK_THROWS_WITH_AS(below.take(below.sign_crl(k_now + 2h)), doctest::Contains("it held until"), base::Error);
}

TEST_CASE("imported CRL: one of another CA, or of a key that is here, is refused") {
    Below below;
    const auto& other = test::sample_authority();
    x509::CrlBuilder builder({other.root.subject(), other.root.subject_key_id().value()},
                             crypto::SignatureAlgorithm::ecdsa_sha256, {1, k_now, k_now + 24h});
    const auto foreign = x509::Crl::from_der(
        builder.assemble(crypto::sign(other.root_key, crypto::SignatureAlgorithm::ecdsa_sha256, builder.tbs())));
    CHECK_THROWS_WITH_AS(below.take(foreign), doctest::Contains("is no CA above"), base::Error);
    CHECK_THROWS_WITH_AS(below.take(below.sign_crl(), below.offline), doctest::Contains("is no CA above"), base::Error);
    CHECK(below.online.audited("ca.crl_imported") == 0);
}

TEST_CASE("imported CRL: what it revokes of our own CAs is revoked here, too") {
    Below below;
    const auto find = [&](Machine& machine) {
        return machine.store->query([&](store::Transaction& transaction) {
            return store::find_certificate(transaction, below.issuing.serial_hex()).value();
        });
    };
    ca::revoke(*below.offline.store, find(below.offline), ca::k_ca_compromise, k_now, {"operator uid 0", {}, {}});
    const auto imported = below.take(below.sign_crl());
    CHECK(imported.crl.revoked_serials() == std::vector<std::string>{below.issuing.serial_hex()});
    CHECK(find(below.online).revoked_at == base::to_unix(k_now));
    CHECK(find(below.online).revocation_reason == ca::k_ca_compromise);
    CHECK(below.online.audited("certificate.revoked") == 1);
}

TEST_CASE("imported CRL: a serial that is another certificate's too revokes nothing of that one") {
    Below below;
    const auto serial = below.issuing.serial_hex();
    const auto find = [&](Machine& machine) {
        return machine.store->query(
            [&](store::Transaction& transaction) { return store::find_certificate(transaction, serial).value(); });
    };
    ca::revoke(*below.offline.store, find(below.offline), ca::k_ca_compromise, k_now, {"operator uid 0", {}, {}});
    below.online.store->write([&](store::Transaction& transaction) {
        const auto other = test::sample_authority().root.der();
        transaction.run("UPDATE certificates SET der = ?1 WHERE serial = ?2", base::ByteView(other), serial);
    });
    below.take(below.sign_crl());
    CHECK_FALSE(find(below.online).revoked_at.has_value());
    CHECK(below.online.audited("ca.crl_imported") == 1);
    CHECK(below.online.audited("certificate.revoked") == 0);
}

TEST_CASE("imported CRL: of two of one CA none is taken, whichever comes first") {
    Below below;
    const auto first = below.sign_crl();
    below.online.clock.advance(2h);
    const auto second = below.sign_crl(k_now + 1h);
    for (const auto& crls : {std::vector{first, second}, std::vector{second, first}}) {
        CHECK_THROWS_WITH_AS(
            ca::import_crls(*below.online.store, {{}, crls, "crls.pem", "operator uid 0"}, below.online.clock.now()),
            doctest::Contains("two CRLs of"), base::Error);
    }
    CHECK(below.online.audited("ca.crl_imported") == 0);
}
