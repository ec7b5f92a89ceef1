#include "fixture.h"

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
