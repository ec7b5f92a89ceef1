#include <algorithm>

#include "base/file.h"
#include "crypto/digest.h"
#include "crypto/signature.h"
#include "fixture.h"
#include "jose/jwk.h"
#include "x509/der.h"
#include "x509/path.h"

using namespace signet;
using namespace signet::test;

namespace {

struct Ready {
    ServerFixture server;
    AcmeClient client = server.registered();
    acme::OrderMessage order;
    explicit Ready(const std::vector<std::string>& names) : order(order_of(client.new_order(names))) {
        REQUIRE(order.status == "ready");
    }
    net::Response finalize(const base::Bytes& csr) { return client.finalize(order.finalize, csr); }
};

/// What `openssl req` was told to make: a CSR by a program that is not ours.
base::Bytes openssl_csr(const std::string& subject, const std::string& extensions, const std::string& key = "ec");

}  // namespace

#include <cstdio>

#include "base/file.h"
#include "base/process.h"

namespace {

base::Bytes openssl_csr(const std::string& subject, const std::string& extensions, const std::string& key) {
    const TemporaryDirectory directory;
    const auto config = directory / "csr.cnf", out = directory / "csr.der", key_file = directory / "key.pem";
    base::write_file(config, "[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\n[dn]\n[ext]\n" + extensions + "\n");
    std::vector<std::string> make = {"openssl", "genpkey", "-out", key_file.string(), "-algorithm"};
    if (key == "ec") {
        make.insert(make.end(), {"EC", "-pkeyopt", "ec_paramgen_curve:P-256"});
    } else {
        make.insert(make.end(), {"RSA", "-pkeyopt", "rsa_keygen_bits:" + key});
    }
    REQUIRE(base::run_process({.arguments = make}).exit_code == 0);
    std::vector<std::string> request = {"openssl",       "req",   "-new", "-key",       key_file.string(),
                                        "-outform",      "DER",   "-out", out.string(), "-config",
                                        config.string(), "-subj", subject};
    if (!extensions.empty()) request.insert(request.end(), {"-reqexts", "ext"});
    const auto result = base::run_process({.arguments = request});
    CAPTURE(result.errors);
    REQUIRE(result.exit_code == 0);
    return base::to_bytes(base::read_file(out, 1 << 16));
}

}  // namespace

TEST_CASE("finalize: a certificate at once, with a chain that holds") {
    Ready ready({"a.test", "b.test", "10.0.0.1"});
    const auto response = ready.finalize(csr_for({"10.0.0.1", "b.test", "a.test"}));
    CHECK(response.status == 200);
    const auto order = order_of(response);
    CHECK(order.status == "valid");
    CHECK_FALSE(header_of(response, "Location").empty());
    const auto answer = ready.client.post(order.certificate, "");
    CHECK(answer.status == 200);
    CHECK(header_of(answer, "Content-Type") == "application/pem-certificate-chain");
    CHECK(answer.body.starts_with("-----BEGIN CERTIFICATE-----"));
    // The chain is whole: Caddy would go on to a link "up".
    for (const auto& [name, value] : answer.headers) CHECK(value.find("rel=\"up\"") == std::string::npos);
    auto chain = x509::parse_certificates(answer.body, "chain");
    REQUIRE(chain.size() == 2);
    CHECK(answer.body == x509::encode_certificates(chain));  // and nothing else
    const auto anchors = x509::parse_certificates(ready.client.get("/ca.pem").body, "anchors");
    const x509::PathRequest path{.leaf = chain[0],
                                 .intermediates = {chain[1]},
                                 .anchors = anchors,
                                 .at = ready.server.clock.now(),
                                 .purpose = x509::Purpose::server};
    CHECK(x509::validate_path(path).valid());
    CHECK_FALSE(chain[0].is_ca());
    CHECK(std::ranges::count(chain[0].names(), x509::Identifier::ip("10.0.0.1")) == 1);
    // A second finalize finds no order that is ready; the certificate stays.
    CHECK_PROBLEM(ready.finalize(csr_for({"a.test", "b.test", "10.0.0.1"})), 403, "orderNotReady");
    CHECK(order_of(ready.client.post(header_of(response, "Location"), "")).certificate == order.certificate);
}

TEST_CASE("finalize: the leaf alone in DER is for who likes that better") {
    struct Row {
        const char* accept;
        bool der;
    };
    const Row rows[] = {
        {"application/pkix-cert", true},
        {"Application/PKIX-Cert, */*;q=0.1", true},
        {"application/pem-certificate-chain;q=0.5, application/pkix-cert;q=0.6", true},
        {"application/pem-certificate-chain;q=0, application/*", true},
        {"application/pem-certificate-chain", false},
        {"application/pkix-cert, application/pem-certificate-chain", false},
        {"application/pkix-cert;q=0.5, */*", false},
        {"application/pkix-cert;q=0", false},
        {"*/*", false},
        {"application/json", false},
        {"", false},
        {";,;q=,=", false},
    };
    Ready ready({"a.test"});
    const auto url = order_of(ready.finalize(csr_for({"a.test"}))).certificate;
    const auto leaf = x509::parse_certificates(ready.client.post(url, "").body, "chain").at(0);
    for (const auto& row : rows) {
        CAPTURE(row.accept);
        auto request = ready.client.signed_request(url, "");
        request.headers.push_back({"Accept", row.accept});
        const auto answer = ready.client.send(request);
        CHECK(answer.status == 200);
        CHECK(header_of(answer, "Vary") == "Accept");
        CHECK(header_of(answer, "Content-Type") ==
              (row.der ? "application/pkix-cert" : "application/pem-certificate-chain"));
        CHECK((base::to_bytes(answer.body) == leaf.der()) == row.der);
        const auto up = std::ranges::any_of(answer.headers, [&](const auto& header) {
            return header.second.starts_with("<https://ca.test:8443/ca/default/") &&
                   header.second.ends_with(".der>;rel=\"up\"");
        });
        CHECK(up == row.der);
    }
}

TEST_CASE("finalize: the link to the issuer is read as everything is, and by GET as the AIA of a leaf") {
    Ready ready({"a.test"});
    const auto url = order_of(ready.finalize(csr_for({"a.test"}))).certificate;
    auto request = ready.client.signed_request(url, "");
    request.headers.push_back({"Accept", "application/pkix-cert"});
    const auto der = ready.client.send(request);
    std::string up;
    for (const auto& [name, value] : der.headers)
        if (value.ends_with(";rel=\"up\"")) up = value.substr(1, value.find('>') - 1);
    REQUIRE(up.starts_with("https://"));
    const auto answer = ready.client.post(up, "");
    CHECK(answer.status == 200);
    CHECK(header_of(answer, "Content-Type") == "application/pkix-cert");
    CHECK_FALSE(header_of(answer, "Replay-Nonce").empty());
    CHECK(header_of(answer, "Link") == "<https://ca.test:8443/acme/directory>;rel=\"index\"");
    const auto issuer = x509::Certificate::from_der(base::to_bytes(answer.body));
    CHECK(x509::Certificate::from_der(base::to_bytes(der.body)).signed_by(issuer.public_key()));
    const auto path = up.substr(up.find("/ca/"));
    CHECK(ready.client.get(path).body == answer.body);

    CHECK_PROBLEM(ready.client.post(up, "{}"), 400, "malformed");
    CHECK_PROBLEM(ready.client.post(up, "", {.with_jwk = true}), 400, "malformed");
    CHECK_PROBLEM(ready.client.post(up, "", {.url = url}), 401, "unauthorized");
    CHECK_PROBLEM(ready.client.post("/ca/default/00000000.der", ""), 404, "malformed");
    ready.client.scheme = "http";
    CHECK_PROBLEM(ready.client.post(path, ""), 403, "malformed");
}

TEST_CASE("finalize: the CSR's names are the order's, in any order and case, or the order stays ready") {
    struct Row {
        const char* name;
        std::vector<std::string> csr;
        const char* missing;
        const char* extra;
    };
    const Row rows[] = {
        {"one missing", {"a.test"}, "missing: b.test", "extra: none"},
        {"one more", {"a.test", "b.test", "c.test"}, "missing: none", "extra: c.test"},
        {"others", {"x.test"}, "missing: a.test, b.test", "extra: x.test"},
        {"another kind", {"a.test", "b.test", "10.0.0.1"}, "missing: none", "extra: 10.0.0.1"},
        {"URI", {"a.test", "b.test", "spiffe://mesh.test/x"}, "missing: none", "extra: spiffe://mesh.test/x"},
        {"e-mail", {"a.test", "b.test", "root@a.test"}, "missing: none", "extra: root@a.test"},
    };
    Ready ready({"a.test", "b.test"});
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto response = ready.finalize(csr_for(row.csr));
        CHECK_PROBLEM(response, 400, "badCSR");
        const auto detail = json_of(response)["detail"].get<std::string>();
        CHECK(detail.find("the order has a.test, b.test; the CSR has ") != std::string::npos);
        CHECK(detail.find(row.missing) != std::string::npos);
        CHECK(detail.find(row.extra) != std::string::npos);
        CHECK(json_of(response)["subproblems"].size() >= 1);
    }
    CHECK(ready.finalize(openssl_csr("/CN=A.test", "subjectAltName=DNS:B.TEST,DNS:a.Test")).status == 200);
}

TEST_CASE("finalize: a CSR of thousands of names is refused in few words") {
    std::vector<std::string> names{"a.test"};
    for (int i = 0; i < 3000; ++i) names.push_back("n" + std::to_string(i) + ".test");
    Ready ready({"a.test"});
    const auto response = ready.finalize(csr_for(names));
    CHECK_PROBLEM(response, 400, "badCSR");
    CHECK(json_of(response)["detail"].get<std::string>().find("extra: n0.test") != std::string::npos);
    CHECK(json_of(response)["detail"].get<std::string>().find(" and 2990 more") != std::string::npos);
    CHECK(response.body.size() < 20'000);
    const auto longest = ready.server.store().query([](store::Transaction& t) {
        auto row = t.query("SELECT max(length(detail)) FROM audit");
        row->step();
        return row->integer(0);
    });
    CHECK(longest > 0);
    CHECK(longest <= 4000);
}

TEST_CASE("finalize: nothing in a CSR but key and names counts") {
    struct Row {
        const char* name;
        const char* subject;
        const char* extensions;
        bool taken;
    };
    const Row rows[] = {
        {"plain", "/", "subjectAltName=DNS:a.test", true},
        {"names in the CN alone", "/CN=a.test", "", true},
        {"an e-mail address in the subject, no subjectAltName", "/emailAddress=root@evil.test/CN=a.test", "", true},
        {"other subject parts", "/O=Evil/OU=x/C=DE/emailAddress=root@evil.test/CN=a.test", "subjectAltName=DNS:a.test",
         true},
        {"CN elsewhere", "/CN=evil.test", "subjectAltName=DNS:a.test", false},
        {"CN that is no name", "/CN=Evil Corporation", "subjectAltName=DNS:a.test", false},
        {"second CN", "/CN=a.test/CN=evil.test", "subjectAltName=DNS:a.test", false},
        {"no name at all", "/O=x", "", false},
        {"CA true", "/", "subjectAltName=DNS:a.test\nbasicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign",
         true},
        {"OCSP signing", "/", "subjectAltName=DNS:a.test\nextendedKeyUsage=OCSPSigning,codeSigning,timeStamping", true},
        {"otherName", "/", "subjectAltName=DNS:a.test,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:admin@evil.test", false},
        {"directory name", "/", "subjectAltName=DNS:a.test,dirName:admin\n[admin]\nCN=Administrator", false},
        {"registered ID", "/", "subjectAltName=DNS:a.test,RID:1.2.3.4", false},
        {"e-mail", "/", "subjectAltName=DNS:a.test,email:root@a.test", false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        Ready ready({"a.test"});
        const auto response = ready.finalize(openssl_csr(row.subject, row.extensions));
        if (!row.taken) {
            CHECK_PROBLEM(response, 400, "badCSR");
            CHECK(ready.finalize(csr_for({"a.test"})).status == 200);  // the order stayed ready
            continue;
        }
        CAPTURE(response.body);
        REQUIRE(response.status == 200);
        const auto leaf =
            x509::parse_certificates(ready.client.post(order_of(response).certificate, "").body, "chain").at(0);
        CHECK_FALSE(leaf.is_ca());
        CHECK(leaf.subject().text().find("Evil") == std::string::npos);
        CHECK(leaf.names() == std::vector{x509::Identifier::dns("a.test")});
        CHECK((*leaf.key_usage() & x509::usage_bit(x509::KeyUsage::key_cert_sign)) == 0);
        for (const auto& oid : *leaf.extended_key_usage())
            CHECK((oid == x509::k_server_auth || oid == x509::k_client_auth));
    }
}

TEST_CASE("finalize: a CSR as cert-manager makes it may name the URI that the profile adds, and no other") {
    struct Row {
        const char* name;
        const char* extensions;
        bool taken;
    };
    const Row rows[] = {
        {"with it", "subjectAltName=DNS:a.test,DNS:b.test,URI:spiffe://mesh.test/a.test", true},
        {"without it", "subjectAltName=DNS:a.test,DNS:b.test", true},
        {"of the second name", "subjectAltName=DNS:a.test,DNS:b.test,URI:spiffe://mesh.test/b.test", false},
        {"another trust domain", "subjectAltName=DNS:a.test,DNS:b.test,URI:spiffe://evil.test/a.test", false},
        {"one more", "subjectAltName=DNS:a.test,DNS:b.test,URI:spiffe://mesh.test/a.test,URI:https://a.test/", false},
        {"instead of a name", "subjectAltName=DNS:a.test,URI:spiffe://mesh.test/a.test", false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        Ready ready({"a.test", "b.test"});
        ready.server.profile().add_uri = {"spiffe://mesh.test/{dns}"};
        ready.server.reconfigure();
        const auto response = ready.finalize(openssl_csr("/O=mesh.test/O=Other/CN=a.test", row.extensions));
        if (!row.taken) {
            CHECK_PROBLEM(response, 400, "badCSR");
            continue;
        }
        REQUIRE(response.status == 200);
        const auto leaf =
            x509::parse_certificates(ready.client.post(order_of(response).certificate, "").body, "chain").at(0);
        const std::vector wanted = {x509::Identifier::dns("a.test"), x509::Identifier::dns("b.test"),
                                    x509::Identifier::uri("spiffe://mesh.test/a.test")};
        CHECK(leaf.names() == wanted);
        CHECK(leaf.subject().text().find("O=") == std::string::npos);
    }
}

TEST_CASE("finalize: what is no CSR is badCSR") {
    Ready ready({"a.test"});
    auto bent = csr_for({"a.test"});
    bent[bent.size() - 3] ^= 1;
    for (const auto& csr : {base::Bytes{}, base::to_bytes("hello"), bent})
        CHECK_PROBLEM(ready.finalize(csr), 400, "badCSR");
    CHECK_PROBLEM(ready.client.post(ready.order.finalize, "{}"), 400, "malformed");
    CHECK_PROBLEM(ready.client.post(ready.order.finalize, ""), 400, "malformed");
    CHECK_PROBLEM(ready.client.post(ready.order.finalize, R"({"csr":"a+b/c=="})"), 400, "badCSR");
    CHECK_PROBLEM(ready.client.post(ready.order.finalize, R"({"csr":7})"), 400, "malformed");
}

namespace {

std::string line_of_list(const crypto::PrivateKey& key) {
    std::string modulus = base::hex_encode(key.public_key().parts().first);
    for (auto& c : modulus) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return base::hex_encode(crypto::sha1(base::bytes_of("Modulus=" + modulus + "\n"))).substr(20) + "\n";
}

}  // namespace

TEST_CASE("finalize: keys on the list of the store are no account's and not certified, from when they are on it") {
    Ready ready({"a.test"});
    AcmeClient there(ready.server.handler(), crypto::KeyType::rsa_2048);
    REQUIRE(there.register_account().status == 201);
    AcmeClient leaf(ready.server.handler(), crypto::KeyType::rsa_2048);
    const auto before = order_of(ready.client.new_order({"b.test"}));
    const auto made = order_of(ready.client.finalize(before.finalize, csr_for({"b.test"}, leaf.key()))).certificate;
    const auto der = x509::parse_pem(ready.client.post(made, "").body, "chain").front().der;
    base::write_file(ready.server.store().layout().weak_keys(),
                     "# RSA-2048\n00112233445566778899\n" + line_of_list(there.key()) + line_of_list(leaf.key()));

    CHECK_PROBLEM(ready.finalize(csr_for({"a.test"}, leaf.key())), 400, "badCSR");
    CHECK_PROBLEM(there.register_account(), 400, "badPublicKey");
    const auto change_to = [&](const crypto::PrivateKey& key) {
        auto& client = ready.client;
        const auto url = client.base() + "/acme/key-change";
        base::Json inner;
        inner["account"] = client.kid;
        inner["oldKey"] = jose::to_jwk(client.key().public_key());
        return client.post(url, jose::sign_jws(key, {.url = url}, base::dump_json(inner)));
    };
    CHECK_PROBLEM(change_to(leaf.key()), 400, "badPublicKey");
    CHECK(ready.finalize(csr_for({"a.test"})).status == 200);
    CHECK(change_to(crypto::PrivateKey::generate(crypto::KeyType::rsa_2048)).status == 200);
    // What everybody can sign for should be revoked, by whomever.
    const auto payload = R"({"certificate":")" + base::base64url_encode(der) + "\"}";
    CHECK(leaf.post("/acme/revoke-cert", payload).status == 200);
}

TEST_CASE("finalize: account keys and weak keys are not certified") {
    Ready ready({"a.test"});
    CHECK_PROBLEM(ready.finalize(csr_for({"a.test"}, ready.client.key())), 400, "badCSR");
    auto other = ready.server.registered();
    CHECK_PROBLEM(ready.finalize(csr_for({"a.test"}, other.key())), 400, "badCSR");
    CHECK_PROBLEM(ready.finalize(openssl_csr("/CN=a.test", "", "1024")), 400, "badCSR");
    CHECK(ready.finalize(csr_for({"a.test"})).status == 200);
}
