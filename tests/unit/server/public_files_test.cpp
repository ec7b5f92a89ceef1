#include "fixture.h"
#include "x509/crl.h"

using namespace signet;
using namespace signet::test;

TEST_CASE("public files: the anchors, by every name they have") {
    ServerFixture server;
    auto client = server.client();
    const auto response = client.get("/ca.pem");
    CHECK(response.status == 200);
    CHECK(header_of(response, "Content-Type") == "application/x-pem-file");
    CHECK(header_of(response, "Content-Disposition") == "attachment; filename=\"ca.pem\"");
    const auto anchors = x509::parse_certificates(response.body, "anchors");
    REQUIRE(anchors.size() == 1);
    CHECK(anchors[0].is_ca());
    CHECK(anchors[0].self_issued());
    CHECK(client.get("/root-ca.pem").body == response.body);
    CHECK(client.get("/ca/default.pem").body == response.body);
}

TEST_CASE("public files: CA certificates by id, on plain http too") {
    ServerFixture server;
    auto client = server.client();
    const auto root = x509::parse_certificates(client.get("/ca.pem").body, "anchors").at(0);
    const auto id = base::hex_encode(root.subject_key_id().value()).substr(0, 8);
    for (const char* scheme : {"https", "http"}) {
        client.scheme = scheme;
        const auto response = client.get("/ca/default/" + id + ".der");
        CHECK(response.status == 200);
        CHECK(header_of(response, "Content-Type") == "application/pkix-cert");
        CHECK(x509::Certificate::from_der(base::bytes_of(response.body)) == root);
    }
}

TEST_CASE("public files: what is not there is 404, and no path leads out") {
    ServerFixture server;
    auto client = server.client();
    for (const char* path :
         {"/ca/nope.pem", "/ca/.pem", "/ca/../default.pem", "/ca/%2e%2e.pem", "/ca/default/00000000.der",
          "/ca/default/.der", "/ca/nope/00000000.der", "/ca/default", "/ca/"}) {
        CAPTURE(path);
        CHECK(client.get(path).status == 404);
    }
}

TEST_CASE("public files: CRLs on both listeners, with a tag that a cache asks by") {
    ServerFixture server;
    auto client = server.client();
    for (const char* scheme : {"https", "http"}) {
        client.scheme = scheme;
        const auto response = client.get("/crl/default.crl");
        CHECK(response.status == 200);
        CHECK(header_of(response, "Content-Type") == "application/pkix-crl");
        CHECK(header_of(response, "Cache-Control") == "public, no-cache");
        const auto crl = x509::Crl::from_der(base::to_bytes(response.content()));
        CHECK(crl.this_update() == server.clock.now());
        const auto again = server.app->handle({.method = "GET",
                                               .path = "/crl/default.crl",
                                               .scheme = scheme,
                                               .host = "anything",
                                               .headers = {{"If-None-Match", header_of(response, "ETag")}}});
        CHECK(again.status == 304);
        CHECK(again.content().empty());
        CHECK(client.get("/crl/default/root.crl").status == 200);
    }
    for (const char* path : {"/crl/nope.crl", "/crl/default/00000000.crl", "/crl/default/.crl", "/crl/default",
                             "/crl/default/root.crl/x", "/ocsp/nope/MA==", "/ocsp/default/", "/ocsp"}) {
        CAPTURE(path);
        const auto status = client.get(path).status;
        CHECK((status == 404 || status == 405));
    }
}

TEST_CASE("public files: a revocation over ACME is on the next CRL") {
    ServerFixture server;
    auto owner = server.registered();
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    const auto done = owner.finalize(order_of(owner.new_order({"a.test"})).finalize, csr_for({"a.test"}, key));
    const auto leaf = x509::parse_certificates(owner.post(order_of(done).certificate, "").body, "test").front();
    const auto listed = [&] {
        return x509::Crl::from_der(base::to_bytes(owner.get("/crl/default.crl").content()))
            .find(leaf.serial())
            .has_value();
    };
    CHECK_FALSE(listed());
    CHECK(owner.post("/acme/revoke-cert", R"({"certificate":")" + base::base64url_encode(leaf.der()) + "\"}").status ==
          200);
    CHECK(listed());
}

TEST_CASE("public files: OCSP answers whatever it is sent, and lets no cache keep it") {
    ServerFixture server;
    auto client = server.client();
    for (const char* path : {"/ocsp/default/rubbish", "/ocsp/default/MAA=", "/ocsp/default/%zz", "/ocsp/default/a/b"}) {
        CAPTURE(path);
        const auto response = client.get(path);
        CHECK(response.status == 200);
        CHECK(header_of(response, "Content-Type") == "application/ocsp-response");
        CHECK(header_of(response, "Cache-Control") == "no-store");
        CHECK(base::to_bytes(response.body) == base::Bytes{0x30, 3, 0x0a, 1, 1});
    }
}

TEST_CASE("public files: a CRL that cannot be signed makes the server not ready") {
    ServerFixture server;
    auto client = server.client();
    CHECK(client.get("/ready").status == 200);
    base::write_file(server.store().layout().root_key("default"), "rubbish", {.mode = 0600});
    server.clock.advance(std::chrono::hours(24 * 6));
    const auto response = client.get("/ready");
    CHECK(response.status == 503);
    CHECK(response.body.find("crl default") != std::string::npos);
}
