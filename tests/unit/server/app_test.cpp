#include "server/app.h"

#include "base/text.h"
#include "fixture.h"
#include "server/router.h"

using namespace signet;
using namespace signet::test;

TEST_CASE("app: the directory offers what works and nothing else") {
    ServerFixture server;
    auto client = server.client();
    const auto response = client.get("/acme/directory");
    CHECK(response.status == 200);
    CHECK(header_of(response, "Replay-Nonce").empty());
    CHECK(header_of(response, "Link").empty());
    CHECK(header_of(response, "Access-Control-Allow-Origin").empty());
    const auto json = json_of(response);
    CHECK(json["newNonce"] == "https://ca.test:8443/acme/new-nonce");
    CHECK(json["newAccount"] == "https://ca.test:8443/acme/new-account");
    CHECK(json["newOrder"] == "https://ca.test:8443/acme/new-order");
    CHECK(json["keyChange"] == "https://ca.test:8443/acme/key-change");
    CHECK(json["revokeCert"] == "https://ca.test:8443/acme/revoke-cert");
    CHECK(json["newAuthz"] == "https://ca.test:8443/acme/new-authz");
    CHECK(json["renewalInfo"] == "https://ca.test:8443/acme/renewal-info");
    CHECK(json["meta"]["externalAccountRequired"] == false);
    for (const char* profile : {"default", "server", "client", "svid"})
        CHECK(json["meta"]["profiles"].contains(profile));
}

TEST_CASE("app: each profile has a directory, an unknown one has none") {
    ServerFixture server;
    auto client = server.client();
    CHECK(json_of(client.get("/acme/profile/client/directory"))["newOrder"] ==
          "https://ca.test:8443/acme/profile/client/new-order");
    const auto response = client.get("/acme/profile/nope/directory");
    CHECK_PROBLEM(response, 404, "malformed");
}

TEST_CASE("app: newNonce is 200 for HEAD and 204 for GET, and may not be stored") {
    ServerFixture server;
    auto client = server.client();
    for (const auto& [method, status] : {std::pair{"HEAD", 200}, std::pair{"GET", 204}}) {
        const auto response = client.get("/acme/new-nonce", method);
        CHECK(response.status == status);
        CHECK(header_of(response, "Cache-Control") == "no-store");
        CHECK_FALSE(header_of(response, "Replay-Nonce").empty());
        CHECK(header_of(response, "Link") == "<https://ca.test:8443/acme/directory>;rel=\"index\"");
    }
}

TEST_CASE("app: resources are read by POST only") {
    ServerFixture server;
    auto client = server.client();
    for (const char* path : {"/acme/new-account", "/acme/new-order", "/acme/account/x", "/acme/account/x/orders",
                             "/acme/order/x", "/acme/order/x/finalize", "/acme/authorization/x", "/acme/challenge/x",
                             "/acme/certificate/x", "/acme/revoke-cert", "/acme/key-change", "/acme/new-authz"}) {
        for (const char* method : {"GET", "PUT", "DELETE"}) {
            CAPTURE(path);
            const auto response = client.get(path, method);
            CHECK_PROBLEM(response, 405, "malformed");
            CHECK(header_of(response, "Allow") == "POST");
            CHECK_FALSE(header_of(response, "Replay-Nonce").empty());
        }
    }
    // The same for every route there is, those of profiles too.
    for (const auto& route : server::routes()) {
        if (route.method != "POST" || route.run == server::agree_to_terms || route.run == server::issuer_certificate)
            continue;
        std::string path;
        for (const auto part : base::split(route.path.substr(1), '/')) {
            path += part == "{profile}" ? "/default" : part.starts_with('{') ? "/x" : "/" + std::string(part);
        }
        CAPTURE(path);
        CHECK_PROBLEM(client.get(path), 405, "malformed");
    }
    CHECK(client.get("/acme/directory", "DELETE").status == 405);
    CHECK(client.get("/acme/nothing").status == 404);
    CHECK(client.get("/nothing").status == 404);
    CHECK(client.get("/acme/order/").status == 404);
}

TEST_CASE("app: ACME for a host that is not ours is misdirected, public files answer any") {
    ServerFixture server;
    auto client = server.client();
    client.host = "elsewhere.test:8443";
    const auto response = client.get("/acme/directory");
    CHECK_PROBLEM(response, 421, "malformed");
    CHECK(response.body.find("hostnames") != std::string::npos);
    CHECK(response.body.find("external_url") != std::string::npos);
    for (const char* path : {"/ca.pem", "/root-ca.pem", "/health", "/ready"}) CHECK(client.get(path).status == 200);
    client.host = "CA.test:9999";
    CHECK(client.get("/acme/directory").status == 200);
}

TEST_CASE("app: external_url is what clients see, whatever the proxy in front sends") {
    ServerFixture server;
    server.configuration.settings.external_url = "https://acme.example";
    server.configuration.settings.insecure_http_acme = true;
    server.reconfigure();
    auto client = server.client();
    client.scheme = "http";
    client.host = "acme.example";
    CHECK(json_of(client.get("/acme/directory"))["newOrder"] == "https://acme.example/acme/new-order");
}

TEST_CASE("app: plain http serves no ACME and no anchors unless it is told to") {
    ServerFixture server;
    auto client = server.client();
    client.scheme = "http";
    CHECK_PROBLEM(client.get("/acme/directory"), 403, "malformed");
    for (const char* path : {"/ca.pem", "/root-ca.pem", "/ca/default.pem"}) CHECK(client.get(path).status == 404);
    CHECK(client.get("/health").status == 200);
    server.configuration.settings.insecure_http_acme = true;
    server.reconfigure();
    CHECK(client.get("/acme/directory").status == 200);
    CHECK(client.get("/ca.pem").status == 404);
}

TEST_CASE("app: health tells of trust mode, ready of what would stop issuing") {
    ServerFixture server("challenge");
    auto client = server.client();
    CHECK(client.get("/health").body == R"({"status":"ok","ca_initialized":true})");
    server.configuration.settings.auth = "trust";
    server.reconfigure();
    CHECK(json_of(client.get("/health"))["warnings"].size() == 1);
    CHECK(client.get("/ready").status == 200);
    server.clock.advance(std::chrono::hours(24 * 365 * 11));
    const auto response = client.get("/ready");
    CHECK(response.status == 503);
    const auto reason = json_of(response)["reasons"][0].get<std::string>();
    CHECK(reason.starts_with("ca default: the CA 'CN=default Root CA' expired at "));
}

TEST_CASE("app: a CA that has expired is a fault of the server, and its public files go on") {
    ServerFixture server;
    auto client = server.registered();
    const auto made = client.new_order({"a.test"});
    REQUIRE(made.status == 201);
    server.clock.advance(std::chrono::hours(24 * 365 * 6));  // the issuing CA lived five years
    client.nonce.clear();
    const auto response = client.new_order({"a.test"});
    CHECK_PROBLEM(response, 503, "serverInternal");
    CHECK(net::find_header(response.headers, "Retry-After") != nullptr);
    CHECK(response.body.find("default Issuing CA") == std::string::npos);
    for (const char* path : {"/ca.pem", "/crl/default.crl", "/crl/default/root.crl"}) {
        CAPTURE(path);
        CHECK(client.get(path).status == 200);
    }
    CHECK(client.get("/ready").status == 503);
    server.restart();
    CHECK(client.get("/ca.pem").status == 200);
}

TEST_CASE("app: what the listener refuses on the way to ACME is a problem document") {
    ServerFixture server;
    net::Request begun{.method = "POST", .path = "/acme/new-order", .scheme = "https", .host = "ca.test"};
    const auto large = server.app->refuse(begun, 413, "the request body is too large");
    CHECK_PROBLEM(large, 413, "malformed");
    CHECK(net::find_header(large.headers, "Replay-Nonce") != nullptr);
    REQUIRE(net::find_header(large.headers, "Link") != nullptr);
    CHECK(*net::find_header(large.headers, "Link") == "<https://ca.test/acme/directory>;rel=\"index\"");
    CHECK_PROBLEM(server.app->refuse(begun, 411, "no Content-Length"), 411, "malformed");

    for (const char* path : {"/acme/directory", "/ca.pem"}) {
        CAPTURE(path);
        begun.path = path;
        const auto response = server.app->refuse(begun, 411, "no Content-Length");
        CHECK_PROBLEM(response, 405, "malformed");
        CHECK(*net::find_header(response.headers, "Allow") == "GET, HEAD");
    }
    begun = {.scheme = "https"};  // not a line of it could be read
    CHECK(server.app->refuse(begun, 400, "malformed request line").body == "malformed request line\n");
    begun = {.method = "POST", .path = "/acme/new-order", .scheme = "https", .host = "elsewhere.test"};
    CHECK(net::find_header(server.app->refuse(begun, 413, "x").headers, "Replay-Nonce") == nullptr);
}

TEST_CASE("app: a profile of a CA that is not there is a fault of the server, whose store stays its own") {
    ServerFixture server;
    auto client = server.registered();
    server.profile().ca = "lost";
    server.reconfigure();
    const auto response = client.new_order({"a.test"});
    CHECK_PROBLEM(response, 500, "serverInternal");
    CHECK(response.body.find(server.store().layout().root().string()) == std::string::npos);
}
