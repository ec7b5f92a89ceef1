#include "x509/csr.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/file.h"
#include "support/programs.h"
#include "support/temporary_directory.h"
#include "x509/algorithm.h"
#include "x509/der.h"
#include "x509/pem.h"

using namespace signet;
using x509::CertificateRequest;
using x509::Identifier;
namespace der = signet::x509::der;

namespace {

std::string openssl_request(const std::string& key_options, const std::string& san,
                            std::vector<std::string> more = {}) {
    test::TemporaryDirectory directory;
    std::vector<std::string> arguments{
        "openssl",          "req",     "-new", "-nodes", "-keyout", (directory / "key.pem").string(), "-subj",
        "/CN=host.example", "-config", "-"};
    for (std::size_t at = 0; at != std::string::npos;) {
        const std::size_t space = key_options.find(' ', at);
        arguments.push_back(key_options.substr(at, space == std::string::npos ? space : space - at));
        at = space == std::string::npos ? space : space + 1;
    }
    if (!san.empty()) {
        arguments.push_back("-addext");
        arguments.push_back("subjectAltName=" + san);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::string out = test::run(arguments, "[req]\ndistinguished_name=dn\n[dn]\n[dir]\nCN=inner\n");
    REQUIRE_MESSAGE(out.find("-----BEGIN CERTIFICATE REQUEST-----") != std::string::npos, out);
    return out.substr(out.find("-----BEGIN CERTIFICATE REQUEST-----"));
}

std::string refusal(base::ByteView der) {
    try {
        CertificateRequest::from_der(der);
    } catch (const base::Error& error) {
        CHECK((error.kind() == base::Kind::bad_csr || error.kind() == base::Kind::bad_public_key));
        return error.message();
    }
    return "fine";
}

/// A request of chosen version and attributes, honestly signed.
base::Bytes request(std::int64_t version, base::ByteView attributes) {
    static const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    const base::Bytes info = der::sequence({der::integer(version), der::sequence({}), key.public_key().spki_der(),
                                            der::tlv(der::context_constructed(0), attributes)});
    const auto algorithm = crypto::default_algorithm(key);
    return der::sequence(
        {info, x509::algorithm_identifier(algorithm), der::bit_string(crypto::sign(key, algorithm, info))});
}

base::Bytes san_attribute(base::ByteView names) {
    const base::Bytes extension = der::sequence({der::oid("2.5.29.17"), der::octet_string(der::sequence({names}))});
    return der::sequence({der::oid("1.2.840.113549.1.9.14"), der::set({der::sequence({extension})})});
}

}  // namespace

TEST_CASE("csr: requests of openssl are read, with each kind of key") {
    for (const char* key : {"-newkey ec -pkeyopt ec_paramgen_curve:P-256",
                            "-newkey ec -pkeyopt ec_paramgen_curve:P-384", "-newkey ed25519", "-newkey rsa:2048"}) {
        CAPTURE(key);
        const auto parsed = CertificateRequest::from_file_contents(
            openssl_request(key,
                            "DNS:Host.Example,IP:10.0.0.7,URI:spiffe://mesh.internal/"
                            "w,email:a@b.example,otherName:1.2.3.4;UTF8:x,dirName:dir",
                            {"-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=keyCertSign"}),
            "request.pem");
        CHECK(parsed.names == std::vector{Identifier::parse("host.example"), Identifier::parse("10.0.0.7"),
                                          Identifier::parse("spiffe://mesh.internal/w"),
                                          Identifier::parse("a@b.example")});
        CHECK(parsed.other_names == std::vector<std::string>{"otherName", "dirName"});
        CHECK(parsed.subject.common_name() == "host.example");
    }
}

TEST_CASE("csr: ours are accepted by openssl and read back") {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    const std::vector names{Identifier::parse("*.mesh.internal"), Identifier::parse("::1")};
    const base::Bytes der = x509::build_csr(key, names);
    const auto again = CertificateRequest::from_file_contents(base::text_of(der), "request.der");
    CHECK(again.names == names);
    CHECK(again.public_key == key.public_key());
    CHECK(again.subject.empty());
    CHECK(again.der == der);
    const std::string out =
        test::run({"openssl", "req", "-verify", "-noout", "-text"}, x509::encode_pem("CERTIFICATE REQUEST", der));
    CHECK_MESSAGE(out.find("verify OK") != std::string::npos, out);
    CHECK(out.find("DNS:*.mesh.internal, IP Address:0:0:0:0:0:0:0:1") != std::string::npos);
    CHECK(CertificateRequest::from_der(x509::build_csr(key, {})).names.empty());
}

TEST_CASE("csr: version 2 is taken for version 1, others are not") {
    CHECK(refusal(request(0, {})) == "fine");
    CHECK(refusal(request(1, {})) == "fine");
    CHECK(refusal(request(2, {})) == "not a certificate request of RFC 2986: version: neither 0 nor 1");
}

TEST_CASE("csr: no signature is verified with a key that makes it costly") {
    const auto rsa_request = [](std::size_t bits, std::size_t exponent_bits) {
        base::Bytes modulus(bits / 8, 0xa5), exponent(exponent_bits / 8, 0xa5);
        modulus.insert(modulus.begin(), 0);
        exponent.insert(exponent.begin(), 0);
        const base::Bytes key = der::sequence({der::tlv(der::k_integer, modulus), der::tlv(der::k_integer, exponent)});
        const base::Bytes spki = der::sequence(
            {der::sequence({der::oid("1.2.840.113549.1.1.1"), der::tlv(0x05, {})}), der::bit_string(key)});
        const base::Bytes info =
            der::sequence({der::integer(0), der::sequence({}), spki, der::tlv(der::context_constructed(0), {})});
        return der::sequence({info, x509::algorithm_identifier(crypto::SignatureAlgorithm::rsa_sha256),
                              der::bit_string(base::Bytes(bits / 8, 1))});
    };
    CHECK(refusal(rsa_request(16384, 24)).ends_with("is too long: 4096 bits at most"));
    CHECK(refusal(rsa_request(2048, 2048)) == "the exponent of the RSA key has more than 256 bits");
    CHECK(refusal(rsa_request(4096, 24)) == "the request's signature does not fit its key");
}

TEST_CASE("csr: a changed request is refused") {
    base::Bytes der = request(0, san_attribute(der::tlv(der::context(2), base::bytes_of("a.internal"))));
    CHECK(refusal(der) == "fine");
    const auto at = base::text_of(der).find("a.internal");
    der[at] = 'b';
    CHECK(refusal(der) == "the request's signature does not fit its key");
    for (std::size_t size = 0; size < der.size(); ++size) CHECK(refusal(base::ByteView(der).first(size)) != "fine");
    der.push_back(0);
    CHECK(refusal(der) == "not a certificate request of RFC 2986: CertificationRequest: 1 bytes too many");
}

TEST_CASE("csr: names are judged, not passed on") {
    const auto names = [](base::ByteView list) { return refusal(request(0, san_attribute(list))); };
    CHECK(names(der::tlv(der::context(2), base::bytes_of("under_score.internal"))).find("underscore") ==
          std::string::npos);
    CHECK(names(der::tlv(der::context(2), base::bytes_of("under_score.internal"))).find("not a DNS name") !=
          std::string::npos);
    CHECK(names(der::tlv(der::context(2), base::bytes_of("10.0.0.7"))).find("number as its last label") !=
          std::string::npos);
    CHECK(names(der::tlv(der::context(7), base::Bytes(3))).find("iPAddress") != std::string::npos);
    CHECK(names({}) != "fine");
    const base::Bytes san = san_attribute(der::tlv(der::context(2), base::bytes_of("a.internal")));
    CHECK(refusal(request(0, der::concat({san, san}))).find("two extensionRequest") != std::string::npos);
}

TEST_CASE("csr: SHA-1 is refused by name") {
    const std::string pem = openssl_request("-newkey rsa:2048", "DNS:a.internal", {"-sha1"});
    CHECK_THROWS_WITH_AS(CertificateRequest::from_file_contents(pem, "request.pem"),
                         "the request is signed with sha1WithRSAEncryption, which signet does not verify", base::Error);
}

TEST_CASE("csr: files without a request are named") {
    for (const char* text : {"", "hello", "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"}) {
        CAPTURE(text);
        try {
            CertificateRequest::from_file_contents(text, "worker.csr");
            FAIL("taken");
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::bad_input);
            CHECK(error.message().find("worker.csr") == 0);
        }
    }
}
