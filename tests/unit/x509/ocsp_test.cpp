#include "x509/ocsp.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "support/make_chain.h"
#include "support/openssl_ca.h"
#include "x509/der.h"
#include "x509/pem.h"

using namespace signet;
using namespace signet::test;
namespace der = x509::der;

namespace {

const base::Time k_at = base::from_unix(1'800'000'000);

/// A request by openssl about a leaf of openssl's CA.
struct Asked {
    OpensslCa ca;
    Asked() { ca.leaf("leaf", "DNS:leaf.test"); }
    base::Bytes request(std::vector<std::string> options = {}) {
        std::vector<std::string> words{"openssl",          "ocsp",    "-reqout",
                                       ca.path("req.der"), "-issuer", ca.path("issuing.pem")};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"-cert", ca.path("leaf.pem")});
        const auto printed = run(words);
        CAPTURE(printed);
        REQUIRE(base::file_facts(ca.path("req.der")));
        return base::to_bytes(ca.text("req.der"));
    }
    x509::Certificate certificate(const std::string& name) {
        return x509::parse_certificates(ca.text(name + ".pem"), name).front();
    }
};

base::Bytes cert_id(std::size_t serial_size = 2) {
    return der::sequence({der::sequence({der::oid("1.3.14.3.2.26"), der::null()}),
                          der::octet_string(base::Bytes(20, 1)), der::octet_string(base::Bytes(20, 2)),
                          der::tlv(der::k_integer, base::Bytes(serial_size, 0x11))});
}
base::Bytes request_of(base::ByteView list, base::ByteView extensions = {}) {
    const auto tail =
        extensions.empty() ? base::Bytes{} : der::tlv(der::context_constructed(2), der::sequence({extensions}));
    return der::sequence({der::sequence({der::sequence({list}), tail})});
}
base::Bytes extension(const char* oid, bool critical, base::ByteView value) {
    return der::sequence({der::oid(oid), critical ? der::boolean(true) : base::Bytes{}, der::octet_string(value)});
}
base::Bytes nonce_extension(std::size_t size) {
    return extension("1.3.6.1.5.5.7.48.1.2", false, der::octet_string(base::Bytes(size, 7)));
}
bool refused(const base::Bytes& request) {
    try {
        x509::parse_ocsp_request(request);
    } catch (const base::Error& error) {
        return error.kind() == base::Kind::malformed;
    }
    return false;
}

}  // namespace

TEST_CASE("ocsp: openssl's requests are read, by SHA-1 and by SHA-256") {
    Asked asked;
    const x509::OcspIssuerHashes issuing(asked.certificate("issuing")), root(asked.certificate("root"));
    for (const char* digest : {"-sha1", "-sha256"}) {
        CAPTURE(digest);
        const auto request = x509::parse_ocsp_request(asked.request({digest}));
        REQUIRE(request.ids.size() == 1);
        CHECK(request.ids[0].serial == asked.certificate("leaf").serial());
        CHECK(issuing.match(request.ids[0]));
        CHECK_FALSE(root.match(request.ids[0]));
        REQUIRE(request.nonce);
        CHECK(request.nonce->size() >= 16);
    }
    CHECK_FALSE(x509::parse_ocsp_request(asked.request({"-no_nonce"})).nonce);
    const auto other = x509::parse_ocsp_request(asked.request({"-sha384"}));
    CHECK(other.ids[0].hash == x509::OcspCertId::Hash::other);
    CHECK_FALSE(issuing.match(other.ids[0]));
    const auto is_signed = asked.request({"-signer", asked.ca.path("leaf.pem"), "-signkey", asked.ca.path("leaf.key")});
    CHECK(x509::parse_ocsp_request(is_signed).ids.size() == 1);
}

TEST_CASE("ocsp: requests beyond the bounds are malformed") {
    const auto one = der::sequence({cert_id()});
    CHECK_FALSE(refused(request_of(one)));
    CHECK(refused({}));
    CHECK(refused({0x30, 0x00}));
    CHECK(refused(request_of({})));
    base::Bytes many;
    for (int i = 0; i < 32; ++i) base::append(many, one);
    CHECK(x509::parse_ocsp_request(request_of(many)).ids.size() == 32);
    base::append(many, one);
    CHECK(refused(request_of(many)));
    CHECK(refused(request_of(der::sequence({cert_id(41)}))));
    auto trailing = request_of(one);
    trailing.push_back(0);
    CHECK(refused(trailing));
}

TEST_CASE("ocsp: a nonce has 1 to 128 octets") {
    const auto one = der::sequence({cert_id()});
    for (const std::size_t size : {1u, 16u, 32u, 128u})
        CHECK(x509::parse_ocsp_request(request_of(one, nonce_extension(size))).nonce->size() == size);
    CHECK(refused(request_of(one, nonce_extension(0))));
    CHECK(refused(request_of(one, nonce_extension(129))));
    auto twice = nonce_extension(16);
    base::append(twice, nonce_extension(16));
    CHECK(refused(request_of(one, twice)));
}

TEST_CASE("ocsp: extensions that are not known are ignored, critical ones refused") {
    const auto one = der::sequence({cert_id()});
    CHECK_FALSE(refused(request_of(one, extension("1.2.3.4", false, der::null()))));
    CHECK(refused(request_of(one, extension("1.2.3.4", true, der::null()))));
    const auto single = [&](bool critical) {
        return request_of(
            der::sequence({cert_id(), der::tlv(der::context_constructed(0),
                                               der::sequence({extension("1.2.3.4", critical, der::null())}))}));
    };
    CHECK_FALSE(refused(single(false)));
    CHECK(refused(single(true)));
}

TEST_CASE("ocsp: no damaged request does more than be refused") {
    Asked asked;
    const auto good = asked.request();
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const std::uint8_t flip : {std::uint8_t{0x01}, std::uint8_t{0x80}, std::uint8_t{0xff}}) {
            auto damaged = good;
            damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ flip);
            try {
                x509::parse_ocsp_request(damaged);
            } catch (const base::Error& error) {
                CHECK(error.kind() == base::Kind::malformed);
            }
        }
        CHECK(refused(base::Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i))));
    }
}

TEST_CASE("ocsp: openssl accepts what is written") {
    Asked asked;
    const auto issuer_key = crypto::PrivateKey::from_pem(asked.ca.text("issuing.key"), "key");
    const auto issuing = asked.certificate("issuing");
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    base::SystemClock clock;  // openssl looks at the real one
    const auto now = base::from_unix(base::to_unix(clock.now()));
    x509::Template content;
    content.serial = {0x42};
    content.subject.add("CN", "responder");
    content.public_key = key.public_key();
    content.not_before = now - std::chrono::hours(1);
    content.not_after = now + std::chrono::hours(1);
    content.key_usage = x509::usage_bit(x509::KeyUsage::digital_signature);
    content.extended_key_usage = {x509::k_ocsp_signing};
    content.ocsp_no_check = true;
    const auto responder =
        x509::build_certificate(content, {issuing.subject(), issuing.subject_key_id().value()}, issuer_key);

    struct Row {
        x509::OcspStatus status;
        int reason;
        const char* text;
    };
    const Row rows[] = {{x509::OcspStatus::good, 0, "leaf.pem: good"},
                        {x509::OcspStatus::revoked, 0, "leaf.pem: revoked"},
                        {x509::OcspStatus::revoked, 1, "Reason: keyCompromise"},
                        {x509::OcspStatus::unknown, 0, "leaf.pem: unknown"}};
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto request = x509::parse_ocsp_request(asked.request());
        const x509::OcspAnswers answers{{{request.ids[0].der, row.status, now - std::chrono::minutes(5), row.reason}},
                                        now,
                                        now,
                                        now + std::chrono::hours(1),
                                        request.nonce};
        const auto data = x509::encode_ocsp_response_data(answers, x509::key_identifier(key.public_key()));
        const auto algorithm = crypto::default_algorithm(key);
        base::write_file(asked.ca.path("resp.der"),
                         base::to_text(x509::assemble_ocsp_response(data, algorithm, crypto::sign(key, algorithm, data),
                                                                    responder)));
        base::write_file(asked.ca.path("all.pem"), asked.ca.text("root.pem") + asked.ca.text("issuing.pem"));
        const auto nonce = run({"openssl", "ocsp", "-reqin", asked.ca.path("req.der"), "-respin",
                                asked.ca.path("resp.der"), "-CAfile", asked.ca.path("all.pem")});
        CAPTURE(nonce);
        CHECK(nonce.find("Response verify OK") != std::string::npos);
        CHECK(nonce.find("once") == std::string::npos);  // neither a wrong nor a missing one
        const auto verdict = run({"openssl", "ocsp", "-no_nonce", "-respin", asked.ca.path("resp.der"), "-issuer",
                                  asked.ca.path("issuing.pem"), "-cert", asked.ca.path("leaf.pem"), "-CAfile",
                                  asked.ca.path("all.pem")});
        CAPTURE(verdict);
        CHECK(verdict.find("Response verify OK") != std::string::npos);
        CHECK(verdict.find("WARNING") == std::string::npos);
        CHECK(verdict.find(row.text) != std::string::npos);
    }
}

TEST_CASE("ocsp: a failure is a status alone") {
    CHECK(x509::encode_ocsp_failure(x509::OcspFailure::malformed_request) == base::Bytes{0x30, 3, 0x0a, 1, 1});
    CHECK(x509::encode_ocsp_failure(x509::OcspFailure::unauthorized) == base::Bytes{0x30, 3, 0x0a, 1, 6});
}
