#include "x509/crl.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "support/make_chain.h"
#include "support/openssl_ca.h"
#include "support/peak_memory.h"
#include "x509/crl_builder.h"
#include "x509/der.h"
#include "x509/pem.h"
#include "x509/revocation_reason.h"

using namespace signet;
using namespace signet::test;
using x509::Crl;

namespace {

const base::Time k_at = base::from_unix(1'800'000'000);  // 2027-01-15T08:00:00Z
const base::Bytes k_high = {0x00, 0x9a, 0xbc};           // positive, with its sign octet

Member sample_ca(crypto::KeyType type = crypto::KeyType::ec_p256) {
    ChainMaker make(k_at);
    return make.self_signed(make.ca_template("CRL Test CA"), type);
}

Crl finish(x509::CrlBuilder& builder, const Member& ca) {
    const auto signature = crypto::sign(*ca.key, crypto::default_algorithm(*ca.key), builder.tbs());
    return Crl::from_der(builder.assemble(signature));
}

x509::CrlBuilder builder_for(const Member& ca, x509::CrlFields fields = {7, k_at, k_at + std::chrono::hours(168)}) {
    return {ca.issuer_fields(), crypto::default_algorithm(*ca.key), fields};
}

std::string openssl_text(const Crl& crl) {
    const TemporaryDirectory directory;
    base::write_file(directory / "crl.der", base::to_text(crl.der()));
    return run({"openssl", "crl", "-inform", "DER", "-in", directory / "crl.der", "-noout", "-text"});
}

}  // namespace

TEST_CASE("crl: what is written is read back, and openssl reads the same") {
    const Member ca = sample_ca();
    auto builder = builder_for(ca);
    builder.add(base::Bytes{0x01}, k_at - std::chrono::hours(1), 0);
    builder.add(k_high, k_at, 1);
    const Crl crl = finish(builder, ca);

    CHECK(crl.issuer() == ca.certificate.subject());
    CHECK(crl.this_update() == k_at);
    CHECK(crl.next_update() == k_at + std::chrono::hours(168));
    CHECK(crl.number() == base::Bytes{7});
    CHECK(crl.authority_key_id() == ca.certificate.subject_key_id());
    CHECK_FALSE(crl.scope());
    CHECK_FALSE(crl.unusable());
    CHECK(crl.size() == 2);
    CHECK(crl.signed_by(ca.certificate.public_key()));
    REQUIRE(crl.find(k_high));
    CHECK(crl.find(k_high)->reason == 1);
    CHECK(crl.find(k_high)->revoked_at == k_at);
    CHECK(crl.find(base::Bytes{0x01})->reason == 0);
    CHECK_FALSE(crl.find(base::Bytes{0x02}));

    const std::string text = openssl_text(crl);
    CAPTURE(text);
    CHECK(text.find("Version 2 (0x1)") != std::string::npos);
    CHECK(text.find("Serial Number: 9ABC") != std::string::npos);
    CHECK(text.find("Key Compromise") != std::string::npos);
    CHECK(text.find("Unspecified") == std::string::npos);
    CHECK(text.find("X509v3 CRL Number") != std::string::npos);
    CHECK(text.find("Next Update: Jan 22 08:00:00 2027 GMT") != std::string::npos);
}

TEST_CASE("crl: openssl verifies what every kind of key signs") {
    for (const auto type : crypto::makeable_key_types()) {
        CAPTURE(crypto::key_type_name(type));
        const Member ca = sample_ca(type);
        auto builder = builder_for(ca);
        builder.add(base::Bytes{0x05}, k_at, 4);
        const Crl crl = finish(builder, ca);
        CHECK(crl.signed_by(ca.certificate.public_key()));
        const TemporaryDirectory directory;
        base::write_file(directory / "crl.der", base::to_text(crl.der()));
        base::write_file(directory / "ca.pem", x509::encode_certificates({ca.certificate}));
        const auto verdict = run({"openssl", "crl", "-inform", "DER", "-in", directory / "crl.der", "-noout", "-CAfile",
                                  directory / "ca.pem"});
        CHECK(verdict.find("verify OK") != std::string::npos);
    }
}

TEST_CASE("crl: without entries there is no list of them") {
    const Member ca = sample_ca();
    auto builder = builder_for(ca);
    const Crl crl = finish(builder, ca);
    CHECK(crl.size() == 0);
    CHECK(openssl_text(crl).find("No Revoked Certificates") != std::string::npos);
}

TEST_CASE("crl: a scope is critical and says which distribution points") {
    const Member ca = sample_ca();
    auto builder = builder_for(ca, {1, k_at, k_at + std::chrono::hours(1), {"http://ca.test/crl/default/1.crl"}});
    const Crl crl = finish(builder, ca);
    REQUIRE(crl.scope());
    CHECK(crl.scope()->urls() == std::vector<std::string>{"http://ca.test/crl/default/1.crl"});
    CHECK_FALSE(crl.unusable());
    const auto text = openssl_text(crl);
    CHECK(text.find("Issuing Distribution Point: critical") != std::string::npos);
    CHECK(text.find("URI:http://ca.test/crl/default/1.crl") != std::string::npos);
}

TEST_CASE("crl: dates from 2050 on are GeneralizedTime") {
    const Member ca = sample_ca();
    const base::Time late = base::parse_time("2051-02-03T04:05:06Z", "test");
    auto builder = builder_for(ca, {1, late, late + std::chrono::hours(1)});
    builder.add(base::Bytes{0x11}, late, 0);
    const Crl crl = finish(builder, ca);
    CHECK(crl.find(base::Bytes{0x11})->revoked_at == late);
    CHECK(openssl_text(crl).find("Feb  3 04:05:06 2051 GMT") != std::string::npos);
}

TEST_CASE("crl: one of openssl's making is read") {
    const OpensslCa ca;
    base::write_file(ca.path("index.txt"),
                     "R\t300101000000Z\t260101120000Z,keyCompromise\t1A2B\tunknown\t/CN=gone\n"
                     "R\t300101000000Z\t260102120000Z\tFF01\tunknown\t/CN=gone too\n");
    base::write_file(ca.path("crlnumber"), "1000\n");
    base::write_file(ca.path("ca.cnf"), "[ca]\ndefault_ca=d\n[d]\ndatabase=" + ca.path("index.txt").string() +
                                            "\ncrlnumber=" + ca.path("crlnumber").string() +
                                            "\ndefault_md=sha256\ndefault_crl_days=7\ncrl_extensions=x\n[x]\n"
                                            "authorityKeyIdentifier=keyid\n");
    const auto made = run({"openssl", "ca", "-config", ca.path("ca.cnf"), "-gencrl", "-cert", ca.path("issuing.pem"),
                           "-keyfile", ca.path("issuing.key"), "-out", ca.path("crl.pem")});
    CAPTURE(made);
    const auto crls = x509::parse_crl_file(ca.text("crl.pem"), "crl.pem");
    REQUIRE(crls.size() == 1);
    const auto issuer = x509::parse_certificates(ca.text("issuing.pem"), "issuing").front();
    CHECK(crls[0].issuer() == issuer.subject());
    CHECK(crls[0].signed_by(issuer.public_key()));
    CHECK(crls[0].number() == base::Bytes{0x10, 0x00});
    REQUIRE(crls[0].find(base::Bytes{0x1a, 0x2b}));
    CHECK(crls[0].find(base::Bytes{0x1a, 0x2b})->reason == 1);
    CHECK(crls[0].find(base::Bytes{0x00, 0xff, 0x01})->revoked_at == base::parse_time("2026-01-02T12:00:00Z", "t"));
    const auto root = x509::parse_certificates(ca.text("root.pem"), "root").front();
    CHECK_FALSE(crls[0].signed_by(root.public_key()));
}

TEST_CASE("crl: damage anywhere is refused or breaks the signature") {
    const Member ca = sample_ca();
    auto builder = builder_for(ca);
    builder.add(base::Bytes{0x21}, k_at, 1);
    builder.add(base::Bytes{0x22}, k_at, 0);
    const Crl good = finish(builder, ca);
    for (std::size_t i = 0; i < good.der().size(); ++i) {
        base::Bytes damaged = good.der();
        damaged[i] ^= 0x01;
        try {
            const bool holds = Crl::from_der(damaged).signed_by(ca.certificate.public_key());
            CHECK_FALSE(holds);
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::malformed);
        }
    }
    for (std::size_t size = 0; size < good.der().size(); ++size) {
        base::Bytes cut(good.der().begin(), good.der().begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_THROWS_AS(Crl::from_der(std::move(cut)), base::Error);
    }
}

TEST_CASE("crl: what tells nothing about a certificate says why") {
    const Member ca = sample_ca();
    auto builder = builder_for(ca);
    builder.add(base::Bytes{0x21}, k_at, 1);
    const Crl good = finish(builder, ca);
    // cRLNumber (2.5.29.20) turned into other extensions of the same size.
    const auto with_oid = [&](std::uint8_t last, bool entry) {
        base::Bytes der = good.der();
        const base::Bytes from{0x06, 0x03, 0x55, 0x1d, static_cast<std::uint8_t>(entry ? 0x15 : 0x14)};
        const auto at = std::search(der.begin(), der.end(), from.begin(), from.end());
        *(at + 4) = last;
        return Crl::from_der(der);
    };
    CHECK(with_oid(29, true).unusable() == "an entry names another issuer, but it is no indirect CRL");
    CHECK_FALSE(with_oid(99, false).unusable());  // not critical
}

TEST_CASE("crl: a file with none in it says so") {
    CHECK_THROWS_AS(x509::parse_crl_file("no crl", "f"), base::Error);
    CHECK_THROWS_AS(x509::parse_crl_file(x509::encode_pem("CERTIFICATE", base::Bytes{0x30, 0x00}), "f"), base::Error);
}

TEST_CASE("crl: a million entries, in little more memory than they take") {
    const Member ca = sample_ca();
    const test::PeakMemory memory;
    constexpr std::uint32_t k_entries = k_sanitized ? 20'000 : 1'000'000;
    x509::CrlBuilder builder(ca.issuer_fields(), crypto::default_algorithm(*ca.key),
                             {1, k_at, k_at + std::chrono::hours(168)}, k_entries);
    base::Bytes serial(17, 0x5a);
    for (std::uint32_t i = 0; i < k_entries; ++i) {
        for (std::size_t octet = 0; octet < 4; ++octet) serial[4 + octet] = static_cast<std::uint8_t>(i >> 8 * octet);
        builder.add(serial, k_at - std::chrono::seconds(i % 1000), 1);
    }
    const auto signature = crypto::sign(*ca.key, crypto::default_algorithm(*ca.key), builder.tbs());
    const Crl crl = Crl::from_der(builder.assemble(signature));
    const long grown = memory.grown_kib();
    CHECK(crl.size() == k_entries);
    CHECK(crl.find(serial));
    CHECK(crl.signed_by(ca.certificate.public_key()));
    CAPTURE(grown);
    if (!k_sanitized) CHECK(grown < 150 * 1024);
}

TEST_CASE("revocation reasons: by every spelling of their names") {
    CHECK(x509::parse_revocation_reason("keyCompromise") == 1);
    CHECK(x509::parse_revocation_reason("KEY_COMPROMISE") == 1);
    CHECK(x509::parse_revocation_reason("key-compromise") == 1);
    CHECK(x509::parse_revocation_reason("cacompromise") == 2);
    CHECK(x509::parse_revocation_reason("cessation_of_operation") == 5);
    CHECK(x509::parse_revocation_reason("unspecified") == 0);
    for (const char* none : {"", "_", "key", "1", "keycompromised"}) CHECK_FALSE(x509::parse_revocation_reason(none));
}
