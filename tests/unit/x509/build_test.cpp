#include "x509/build.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "base/file.h"
#include "support/make_chain.h"
#include "support/programs.h"
#include "support/temporary_directory.h"
#include "x509/pem.h"

using namespace signet;
using x509::KeyUsage;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");

std::vector<std::string> extension_list(const x509::Certificate& certificate) {
    std::vector<std::string> out;
    for (const auto& extension : certificate.extensions())
        out.push_back(extension.oid + (extension.critical ? "!" : ""));
    return out;
}

/// Chains of one issuer, judged by programs that we did not write.
class Judges {
public:
    Judges(const test::Member& root, const test::Member& issuing, bool gnutls) : gnutls_(gnutls) {
        base::write_file(root_, x509::encode_certificates({root.certificate}));
        base::write_file(issuing_, x509::encode_certificates({issuing.certificate}));
        tail_ = x509::encode_certificates({issuing.certificate, root.certificate});
    }
    void check(const x509::Certificate& leaf, const std::string& purpose) {
        base::write_file(leaf_, x509::encode_certificates({leaf}));
        std::vector<std::string> openssl{"openssl", "verify",       "-x509_strict", "-check_ss_sig",
                                         "-CAfile", root_.string(), "-untrusted",   issuing_.string()};
        if (!purpose.empty()) openssl.insert(openssl.end(), {"-purpose", purpose});
        openssl.push_back(leaf_.string());
        CHECK(test::run(openssl) == leaf_.string() + ": OK\n");
        if (!gnutls_) return;
        base::write_file(chain_, x509::encode_certificates({leaf}) + tail_);
        const std::string gnutls =
            test::run({"certtool", "--verify", "--load-ca-certificate", root_.string(), "--infile", chain_.string()});
        CHECK_MESSAGE(
            gnutls.find("Chain verification output: Verified. The certificate is trusted.") != std::string::npos,
            gnutls);
    }

private:
    test::TemporaryDirectory directory_;
    std::filesystem::path root_ = directory_ / "root.pem", issuing_ = directory_ / "issuing.pem",
                          leaf_ = directory_ / "leaf.pem", chain_ = directory_ / "chain.pem";
    std::string tail_;
    bool gnutls_;
};

/// GnuTLS 3.8.9 calls what OpenSSL 3.5 signed with ML-DSA badly signed.
bool gnutls_knows(crypto::KeyType type) {
    return type != crypto::KeyType::ml_dsa_44 && type != crypto::KeyType::ml_dsa_65 &&
           type != crypto::KeyType::ml_dsa_87;
}

struct Purpose {
    const char* openssl;
    std::vector<std::string> oids;
};

}  // namespace

TEST_CASE("build: extensions stand as each type needs them, and no others") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    CHECK(extension_list(root.certificate) == std::vector<std::string>{"2.5.29.19!", "2.5.29.15!", "2.5.29.14"});
    const auto issuing = maker.issue(root, maker.ca_template("Issuing", 0));
    CHECK(extension_list(issuing.certificate) ==
          std::vector<std::string>{"2.5.29.19!", "2.5.29.15!", "2.5.29.14", "2.5.29.35"});
    CHECK(base::hex_encode(issuing.certificate.find_extension("2.5.29.19")->value) == "30060101ff020100");
    CHECK(base::hex_encode(issuing.certificate.find_extension("2.5.29.15")->value) == "03020106");
    auto content = maker.leaf_template({"a.internal"});
    CHECK(extension_list(maker.issue(issuing, content).certificate) ==
          std::vector<std::string>{"2.5.29.15!", "2.5.29.37", "2.5.29.14", "2.5.29.35", "2.5.29.17!"});
    content.subject.add("CN", "a.internal");
    content.extended_key_usage.clear();
    CHECK(extension_list(maker.issue(issuing, content).certificate) ==
          std::vector<std::string>{"2.5.29.15!", "2.5.29.14", "2.5.29.35", "2.5.29.17"});
    content.extra = {{"1.3.6.1.5.5.7.1.31", true, base::Bytes{0x04, 0x00}}};
    CHECK(extension_list(maker.issue(issuing, content).certificate).back() == "1.3.6.1.5.5.7.1.31!");
}

TEST_CASE("build: openssl reads the optional extensions as meant") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    auto content = maker.ca_template("Constrained");
    content.name_constraints.permitted = {{x509::Identifier::Type::dns, "mesh.internal"},
                                          {x509::Identifier::Type::ip, "10.0.0.0/8"}};
    content.name_constraints.excluded = {{x509::Identifier::Type::email, "mesh.internal"}};
    content.crl_urls = {"http://ca.internal/a.crl", "http://ca.internal/b.crl"};
    content.ocsp_urls = {"http://ca.internal/ocsp"};
    content.issuer_urls = {"http://ca.internal/ca.der"};
    content.policies = {"1.3.6.1.4.1.99999.1", "2.23.140.1.2.1"};
    content.must_staple = content.ocsp_no_check = true;
    const auto certificate = maker.issue(root, content).certificate;
    const std::string text =
        test::run({"openssl", "x509", "-noout", "-text"}, x509::encode_certificates({certificate}));
    for (const char* part :
         {"Name Constraints: critical", "Permitted:", "DNS:mesh.internal", "IP:10.0.0.0/255.0.0.0",
          "Excluded:", "email:mesh.internal", "URI:http://ca.internal/a.crl", "URI:http://ca.internal/b.crl",
          "OCSP - URI:http://ca.internal/ocsp", "CA Issuers - URI:http://ca.internal/ca.der",
          "Policy: 1.3.6.1.4.1.99999.1", "status_request", "OCSP No Check:"}) {
        CAPTURE(part);
        CHECK_MESSAGE(text.find(part) != std::string::npos, text);
    }
}

TEST_CASE("build: what policy must not let through is our bug") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    struct Row {
        const char* name;
        void (*spoil)(x509::Template&);
    };
    const Row rows[] = {
        {"no key", [](x509::Template& t) { t.public_key.reset(); }},
        {"no serial", [](x509::Template& t) { t.serial.clear(); }},
        {"zero serial", [](x509::Template& t) { t.serial = {0}; }},
        {"negative serial", [](x509::Template& t) { t.serial = {0x80}; }},
        {"padded serial",
         [](x509::Template& t) {
             t.serial = {0, 1};
         }},
        {"serial of 21 octets", [](x509::Template& t) { t.serial.assign(21, 1); }},
        {"ends before it begins", [](x509::Template& t) { t.not_after = t.not_before - std::chrono::seconds(1); }},
        {"path length of a leaf", [](x509::Template& t) { t.path_length = 0; }},
        {"constraints of a leaf",
         [](x509::Template& t) {
             t.name_constraints.permitted = {{x509::Identifier::Type::dns, "a"}};
         }},
        {"nameless", [](x509::Template& t) { t.names.clear(); }},
        {"nameless CA", [](x509::Template& t) { t.ca = true; }},
        {"noRevAvail beside a CRL",
         [](x509::Template& t) {
             t.no_revocation_available = true;
             t.crl_urls = {"http://c"};
         }},
        {"an extension twice",
         [](x509::Template& t) {
             t.extra = {{"2.5.29.17", false, {0x30, 0x00}}};
         }},
        {"an address range with host bits",
         [](x509::Template& t) {
             t.ca = true;
             t.subject.add("CN", "x");
             t.name_constraints.permitted = {{x509::Identifier::Type::ip, "10.0.0.1/8"}};
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        x509::Template content = maker.leaf_template({"a.internal"});
        content.public_key = root.certificate.public_key();
        row.spoil(content);
        CHECK_THROWS_AS(x509::encode_tbs(content, root.issuer_fields(), crypto::SignatureAlgorithm::ecdsa_sha256),
                        base::Error);
    }
}

TEST_CASE("build: key types x names x purposes, accepted by openssl -x509_strict and GnuTLS") {
    if (!test::installed("openssl") || !test::installed("certtool")) {
        MESSAGE("skipped: needs openssl and certtool (package gnutls-bin)");
        return;
    }
    const std::vector<std::vector<std::string>> names{
        {"worker-1.internal"},       {"*.mesh.internal"},
        {"10.0.0.7", "2001:db8::7"}, {"spiffe://mesh.internal/worker-1"},
        {"ops@mesh.internal"},       {"localhost", "127.0.0.1", "spiffe://mesh.internal/a", "a@b.internal"}};
    const std::vector<Purpose> purposes{{"sslserver", {x509::k_server_auth}},
                                        {"sslclient", {x509::k_client_auth}},
                                        {"sslserver", {x509::k_server_auth, x509::k_client_auth}},
                                        {"", {}}};
    test::ChainMaker maker(base::SystemClock().now());
    std::vector<std::pair<crypto::KeyType, crypto::PublicKey>> leaf_keys;
    for (const auto type : crypto::makeable_key_types())
        leaf_keys.emplace_back(type, crypto::PrivateKey::generate(type).public_key());
    std::size_t row = 0;
    for (const auto ca_type : crypto::makeable_key_types()) {
        const auto root = maker.self_signed(maker.ca_template("Root"), ca_type);
        const auto issuing = maker.issue(root, maker.ca_template("Issuing", 0), ca_type);
        Judges judges(root, issuing, gnutls_knows(ca_type));
        for (const auto& [leaf_type, leaf_key] : leaf_keys) {
            // Every issuer meets every leaf key; names and purposes go round, and P-256 meets all of them.
            const bool all = ca_type == crypto::KeyType::ec_p256 && leaf_type == crypto::KeyType::ec_p256;
            for (std::size_t i = 0; i < (all ? names.size() * purposes.size() : 2); ++i, ++row) {
                auto content = maker.leaf_template(names[row % names.size()]);
                const Purpose& purpose = purposes[row / names.size() % purposes.size()];
                content.extended_key_usage = purpose.oids;
                if (leaf_key.is_rsa()) content.key_usage |= usage_bit(KeyUsage::key_encipherment);
                if (i % 2 == 1) content.subject.add("CN", "worker");
                CAPTURE(row);
                judges.check(maker.issue_for(issuing, content, leaf_key), purpose.openssl);
            }
        }
    }
    CHECK(row >= 24);
}
