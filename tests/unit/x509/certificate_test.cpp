#include "x509/certificate.h"

#include <algorithm>
#include <array>
#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "base/file.h"
#include "support/make_chain.h"
#include "support/programs.h"
#include "support/seeded_random.h"
#include "support/temporary_directory.h"
#include "x509/algorithm.h"
#include "x509/der.h"
#include "x509/path.h"
#include "x509/pem.h"

using namespace signet;
using x509::Certificate;
namespace der = signet::x509::der;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");

std::string refusal(base::ByteView bytes) {
    try {
        Certificate::from_der(bytes);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::malformed);
        return error.message();
    }
    return "fine";
}

/// A certificate of chosen parts under a signature of zeros: reading does not verify.
base::Bytes raw(int version, base::ByteView serial, base::ByteView validity, base::ByteView extensions) {
    const base::Bytes none;
    const base::Bytes algorithm = der::sequence({der::oid("1.2.840.10045.4.3.2")});
    const base::Bytes name = der::sequence({});
    const base::Bytes spki = der::sequence({algorithm, der::bit_string(base::Bytes(4))});
    const base::Bytes tbs = der::sequence(
        {version == 1 ? none : der::tlv(der::context_constructed(0), der::integer(version - 1)), serial, algorithm,
         name, validity, name, spki, extensions.empty() ? none : der::tlv(der::context_constructed(3), extensions)});
    return der::sequence({tbs, algorithm, der::bit_string(base::Bytes(8))});
}

base::Bytes plain_validity() { return der::sequence({der::time(k_at), der::time(k_at)}); }
base::Bytes extension(const char* oid, base::ByteView value) {
    return der::sequence({der::oid(oid), der::octet_string(value)});
}
base::Bytes with_extension(const char* oid, base::ByteView value) {
    return raw(3, der::integer(1), plain_validity(), der::sequence({extension(oid, value)}));
}

}  // namespace

TEST_CASE("certificate: everything that was put in is read back") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    auto content = maker.ca_template("Issuing", 0);
    content.name_constraints.permitted = {{x509::Identifier::Type::dns, "mesh.internal"},
                                          {x509::Identifier::Type::ip, "10.0.0.0/8"},
                                          {x509::Identifier::Type::uri, "mesh.internal"},
                                          {x509::Identifier::Type::email, ".mesh.internal"}};
    content.name_constraints.excluded = {{x509::Identifier::Type::ip, "2001:db8::/33"}};
    content.crl_urls = {"http://ca.internal/root.crl"};
    content.ocsp_urls = {"http://ca.internal/ocsp"};
    content.issuer_urls = {"http://ca.internal/root.der"};
    content.policies = {"1.3.6.1.4.1.99999.1"};
    const Certificate ca = maker.issue(root, content).certificate;

    CHECK(ca.version() == 3);
    CHECK(ca.serial_hex() == "420002");
    CHECK(ca.issuer() == root.certificate.subject());
    CHECK(ca.subject().text() == "CN=Issuing");
    CHECK(ca.not_before() == k_at - std::chrono::days(1));
    CHECK(ca.not_after() == k_at + std::chrono::days(30));
    CHECK(ca.is_ca());
    CHECK(ca.basic_constraints()->path_length == 0);
    CHECK(ca.key_usage() == content.key_usage);
    CHECK(ca.extended_key_usage() == nullptr);
    CHECK(ca.name_constraints()->permitted == content.name_constraints.permitted);
    CHECK(ca.name_constraints()->excluded == content.name_constraints.excluded);
    CHECK(ca.crl_urls() == content.crl_urls);
    CHECK(ca.ocsp_urls() == content.ocsp_urls);
    CHECK(ca.issuer_urls() == content.issuer_urls);
    CHECK(ca.policies().oids == content.policies);
    CHECK(ca.authority_key_id() == root.certificate.subject_key_id());
    CHECK(ca.times_in_rfc5280_form());
    CHECK(!ca.self_issued());
    CHECK(ca.signed_by(root.certificate.public_key()));
    CHECK(!ca.signed_by(ca.public_key()));
    CHECK(ca == Certificate::from_der(ca.der()));
    CHECK(root.certificate.self_issued());
    CHECK(!root.certificate.authority_key_id());
}

TEST_CASE("certificate: names are read in their order, and flags of short lives too") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    auto content = maker.leaf_template({"worker.mesh.internal", "*.mesh.internal", "10.0.0.7", "2001:db8::7",
                                        "spiffe://mesh.internal/worker", "ops@mesh.internal"});
    content.no_revocation_available = content.must_staple = content.ocsp_no_check = true;
    const Certificate leaf = maker.issue(root, content).certificate;
    CHECK(leaf.names() == content.names);
    CHECK(leaf.find_extension("2.5.29.17")->critical);
    CHECK(leaf.find_extension("2.5.29.19") == nullptr);
    CHECK(leaf.no_revocation_available());
    CHECK(leaf.must_staple());
    CHECK(leaf.ocsp_no_check());
    CHECK(*leaf.extended_key_usage() == content.extended_key_usage);
    CHECK(leaf.subject().empty());
}

TEST_CASE("certificate: what openssl prints is what we read") {
    test::TemporaryDirectory directory;
    const std::string file = (directory / "cert.pem").string();
    const std::string key = (directory / "key.pem").string();
    const std::string made =
        test::run({"openssl",
                   "req",
                   "-x509",
                   "-newkey",
                   "ec",
                   "-pkeyopt",
                   "ec_paramgen_curve:P-256",
                   "-nodes",
                   "-keyout",
                   key,
                   "-out",
                   file,
                   "-subj",
                   "/C=DE/O=Acme/CN=host.example",
                   "-days",
                   "3",
                   "-addext",
                   "subjectAltName=DNS:host.example,IP:10.0.0.1,dirName:dir_sect,otherName:1.2.3.4;UTF8:x,RID:1.2.3",
                   "-addext",
                   "keyUsage=digitalSignature,keyAgreement",
                   "-config",
                   "-"},
                  "[req]\ndistinguished_name=dn\n[dn]\n[dir_sect]\nCN=inner\n");
    REQUIRE_MESSAGE(!made.starts_with("exit"), made);
    const auto certificates = x509::parse_certificates(base::read_file(file, 1 << 20), file);
    REQUIRE(certificates.size() == 1);
    const Certificate& certificate = certificates[0];
    CHECK("issuer=" + certificate.issuer().text() + "\n" ==
          test::run({"openssl", "x509", "-in", file, "-noout", "-issuer", "-nameopt", "RFC2253"}));
    std::string serial = test::run({"openssl", "x509", "-in", file, "-noout", "-serial"});
    CHECK(base::hex_decode(serial.substr(7, serial.size() - 8)) == base::hex_decode(certificate.serial_hex()));
    CHECK(certificate.names().size() == 2);
    CHECK(certificate.general_names().size() == 5);
    CHECK(certificate.signed_by(certificate.public_key()));
    CHECK(certificate.key_usage() ==
          (usage_bit(x509::KeyUsage::digital_signature) | usage_bit(x509::KeyUsage::key_agreement)));
}

TEST_CASE("certificate: a distribution's trust bundle is read whole") {
    const auto bundle = base::read_file_if_there("/etc/ssl/certs/ca-certificates.crt", 4 << 20);
    if (!bundle) {
        MESSAGE("skipped: no /etc/ssl/certs/ca-certificates.crt (package ca-certificates)");
        return;
    }
    const auto roots = x509::parse_certificates(*bundle, "bundle");
    CHECK(roots.size() > 50);
    for (const Certificate& root : roots) CHECK_MESSAGE(root.signature_algorithm_text() != "", root.subject().text());
}

TEST_CASE("certificate: what is not RFC 5280 syntax is refused, and named") {
    const base::Bytes one = der::integer(1);
    CHECK(refusal(raw(3, one, plain_validity(), {})) == "fine");
    CHECK(refusal(raw(1, one, plain_validity(), {})) == "fine");
    const base::Bytes key_usage = extension("2.5.29.15", der::named_bits(1));
    struct Row {
        const char* name;
        base::Bytes bytes;
        const char* message;
    };
    base::Bytes trailing = raw(3, one, plain_validity(), {});
    trailing.push_back(0);
    const Row rows[] = {
        {"nothing", {}, "Certificate: missing"},
        {"trailing byte", trailing, "Certificate: 1 bytes too many"},
        {"version 4", raw(4, one, plain_validity(), {}), "version: neither absent, 2 nor 3"},
        {"extensions below version 3", raw(2, one, plain_validity(), der::sequence({key_usage})),
         "extensions: in a certificate of version 2"},
        {"padded serial", raw(3, base::hex_decode("02020001").value(), plain_validity(), {}),
         "serialNumber: INTEGER is not minimal"},
        {"extension twice", raw(3, one, plain_validity(), der::sequence({key_usage, key_usage})),
         "extensions: extension 2.5.29.15 twice"},
        {"no extension in the list", raw(3, one, plain_validity(), der::sequence({})), "Extension: missing"},
        {"key usage without bits", with_extension("2.5.29.15", der::named_bits(0)), "keyUsage: no bit is set"},
        {"key usage of another type", with_extension("2.5.29.15", der::null()),
         "keyUsage: expected BIT STRING, found NULL"},
        {"bytes after an extension's value",
         with_extension("2.5.29.15", der::concat({der::named_bits(1), der::null()})), "keyUsage: 2 bytes too many"},
        {"empty SAN", with_extension("2.5.29.17", der::sequence({})), "subjectAltName: missing"},
        {"address of 5 octets", with_extension("2.5.29.17", der::sequence({der::tlv(der::context(7), base::Bytes(5))})),
         "subjectAltName: an iPAddress of neither 4 nor 16 octets"},
        {"empty dNSName", with_extension("2.5.29.17", der::sequence({der::tlv(der::context(2), {})})),
         "subjectAltName: an empty name"},
        {"UTF-8 dNSName", with_extension("2.5.29.17", der::sequence({der::tlv(der::context(2), base::bytes_of("mü"))})),
         "subjectAltName: a name with characters beyond ASCII"},
        {"empty EKU", with_extension("2.5.29.37", der::sequence({})), "extKeyUsage: missing"},
        {"empty name constraints", with_extension("2.5.29.30", der::sequence({})), "nameConstraints: empty"},
        {"address constraint of 4 octets",
         with_extension("2.5.29.30",
                        der::sequence({der::tlv(der::context_constructed(0),
                                                der::sequence({der::tlv(der::context(7), base::Bytes(4))}))})),
         "nameConstraints: an iPAddress of neither 8 nor 32 octets"},
        {"mask with a hole",
         with_extension("2.5.29.30",
                        der::sequence({der::tlv(
                            der::context_constructed(0),
                            der::sequence({der::tlv(der::context(7), base::Bytes{10, 0, 0, 0, 255, 0, 255, 0})}))})),
         "nameConstraints: an iPAddress whose mask is no prefix"},
        {"negative path length", with_extension("2.5.29.19", der::sequence({der::boolean(true), der::integer(-1)})),
         "pathLenConstraint: negative"},
        {"AKI issuer without serial",
         with_extension("2.5.29.35", der::sequence({der::tlv(der::context_constructed(1), {})})),
         "authorityKeyIdentifier: issuer without serial number, or the reverse"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(refusal(row.bytes) == "not a certificate of RFC 5280: " + std::string(row.message));
    }
}

TEST_CASE("certificate: two different algorithms are refused (RFC 5280 section 4.1.1.2)") {
    test::ChainMaker maker(k_at);
    const Certificate root = maker.self_signed(maker.ca_template("Root")).certificate;
    const auto other = x509::assemble(root.tbs_der(), crypto::SignatureAlgorithm::ecdsa_sha384, root.signature());
    CHECK(refusal(other).find("signatureAlgorithm: differs") != std::string::npos);
}

TEST_CASE("certificate: an algorithm that is no AlgorithmIdentifier is refused, not met later") {
    test::ChainMaker maker(k_at);
    base::Bytes bytes = maker.self_signed(maker.ca_template("Root")).certificate.der();
    const base::Bytes good = x509::algorithm_identifier(crypto::SignatureAlgorithm::ecdsa_sha256);
    struct Row {
        base::Bytes algorithm;  // as long as the good one
        const char* message;
    };
    const base::Bytes null = der::null();
    const Row rows[] = {
        {der::sequence({base::Bytes{0x06, 0x99, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}}),
         "length beyond the end"},
        {der::sequence({der::octet_string(base::Bytes(8))}), "expected OBJECT IDENTIFIER, found OCTET STRING"},
        {der::sequence({der::oid("1.2.3.4.5.6"), null, base::Bytes{0x01}}), "1 bytes too many"},
        {der::sequence({null, null, null, null, null}), "expected OBJECT IDENTIFIER, found NULL"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.message);
        REQUIRE(row.algorithm.size() == good.size());
        base::Bytes changed = bytes;
        for (auto at = changed.begin();
             (at = std::search(at, changed.end(), good.begin(), good.end())) != changed.end();) {
            at = std::copy(row.algorithm.begin(), row.algorithm.end(), at);
        }
        CHECK(refusal(changed) == "not a certificate of RFC 5280: signatureAlgorithm: " + std::string(row.message));
    }
}

TEST_CASE("certificate: every cut of a good one is refused") {
    test::ChainMaker maker(k_at);
    const Certificate root = maker.self_signed(maker.ca_template("Root")).certificate;
    for (std::size_t size = 0; size < root.der().size(); ++size) {
        CAPTURE(size);
        CHECK(refusal(base::ByteView(root.der()).first(size)) != "fine");
    }
}

TEST_CASE("certificate: changed bytes are refused or read, never worse") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    auto content = maker.ca_template("Issuing", 0);
    content.name_constraints.permitted = {{x509::Identifier::Type::ip, "10.0.0.0/8"},
                                          {x509::Identifier::Type::uri, "mesh.internal"}};
    content.names = {x509::Identifier::parse("a.internal"), x509::Identifier::parse("::1")};
    content.crl_urls = {"http://ca.internal/a.crl"};
    content.ocsp_urls = {"http://ca.internal/ocsp"};
    content.policies = {"1.2.3.4"};
    const base::Bytes good = maker.issue(root, content).certificate.der();
    test::SeededRandom random;
    int read = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::array<std::uint8_t, 8> dice{};
        random.fill(dice);
        base::Bytes bytes = good;
        for (int change = 0; change <= dice[0] % 3; ++change) {
            const std::size_t at = static_cast<std::size_t>(change) * 2 + 1;
            bytes[(static_cast<std::size_t>(dice[at]) << 8 | dice[at + 1]) % bytes.size()] = dice[7];
        }
        try {
            const Certificate certificate = Certificate::from_der(bytes);
            ++read;
            x509::validate_path({certificate, {}, {root.certificate}, k_at, x509::Purpose::server, std::nullopt});
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::malformed);
        }
    }
    CHECK(read > 0);
}

TEST_CASE("certificate: time forms that RFC 5280 does not want are read and noted") {
    const base::Bytes early = der::sequence({der::text(der::k_generalized_time, "20270115080000Z"), der::time(k_at)});
    CHECK(!Certificate::from_der(raw(3, der::integer(1), early, {})).times_in_rfc5280_form());
    CHECK(Certificate::from_der(raw(3, der::integer(-1), plain_validity(), {})).serial() == base::Bytes{0xff});
}
