#include "server/authenticate.h"

#include "fixture.h"

using namespace signet;
using namespace signet::test;

TEST_CASE("authenticate: every account key type that is offered works") {
    ServerFixture server;
    using crypto::KeyType;
    for (const auto type :
         {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::ed25519, KeyType::rsa_2048}) {
        CAPTURE(crypto::key_type_name(type));
        auto client = server.client(type);
        CHECK(client.register_account().status == 201);
        CHECK(client.post(client.kid, "").status == 200);
        CHECK(client.post(client.kid, "").status == 200);  // with the key from the cache
    }
}

TEST_CASE("authenticate: what is not signed as RFC 8555 says is refused, each with a fresh nonce") {
    ServerFixture server;
    auto client = server.registered();
    auto stranger = server.registered();
    struct Row {
        const char* name;
        Twist twist;
        int status;
        const char* type;
    };
    const Row rows[] = {
        {"other media type", {.content_type = "application/json"}, 415, "malformed"},
        {"no media type", {.content_type = ""}, 415, "malformed"},
        {"too large", {.body = std::string(65 << 10, 'x')}, 413, "malformed"},
        {"no JSON", {.body = "hello"}, 400, "malformed"},
        {"not flattened", {.body = R"({"payload":"","signatures":[]})"}, 400, "malformed"},
        {"url of another resource", {.url = "https://ca.test:8443/acme/new-order"}, 401, "unauthorized"},
        {"url of another host", {.url = "https://evil.test/acme/account/x"}, 401, "unauthorized"},
        {"url with another port", {.url = "https://ca.test/acme/account/x"}, 401, "unauthorized"},
        {"no nonce", {.nonce = ""}, 400, "badNonce"},
        {"foreign nonce", {.nonce = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, 400, "badNonce"},
        {"nonce that is no base64url", {.nonce = "a+b="}, 400, "malformed"},
        {"jwk where kid is due", {.with_jwk = true}, 400, "malformed"},
        {"kid of nobody", {.kid = "https://ca.test:8443/acme/account/nobody"}, 400, "accountDoesNotExist"},
        {"kid elsewhere", {.kid = "https://evil.test/acme/account/x"}, 400, "accountDoesNotExist"},
        {"kid that is no account URL", {.kid = "https://ca.test:8443/acme/order/x"}, 400, "accountDoesNotExist"},
        {"kid of another account", {.kid = stranger.kid}, 400, "malformed"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto response = client.post(client.kid, "", row.twist);
        CHECK_PROBLEM(response, row.status, row.type);
        CHECK_FALSE(header_of(response, "Replay-Nonce").empty());
        CHECK(header_of(response, "Link").find("rel=\"index\"") != std::string::npos);
        CHECK(client.post(client.kid, "").status == 200);  // with the nonce of that answer
    }
}

TEST_CASE("authenticate: newAccount takes jwk only, newOrder kid only") {
    ServerFixture server;
    auto client = server.registered();
    CHECK_PROBLEM(client.post("/acme/new-account", "{}"), 400, "malformed");
    CHECK_PROBLEM(
        client.post("/acme/new-order", R"({"identifiers":[{"type":"dns","value":"a.test"}]})", {.with_jwk = true}), 400,
        "malformed");
}

TEST_CASE("authenticate: a bent signature or payload is refused") {
    ServerFixture server;
    auto client = server.registered();
    auto request = client.signed_request(client.kid, R"({"contact":[]})");
    auto json = base::parse_json(request.body, "jws");
    json["payload"] = base::base64url_encode(base::bytes_of(R"({"contact":["mailto:evil@b.example"]})"));
    request.body = json.dump();
    CHECK_PROBLEM(client.send(request), 400, "malformed");
    request = client.signed_request(client.kid, "");
    json = base::parse_json(request.body, "jws");
    auto signature = json["signature"].get<std::string>();
    signature[10] = signature[10] == 'A' ? 'B' : 'A';
    json["signature"] = signature;
    request.body = json.dump();
    CHECK_PROBLEM(client.send(request), 400, "malformed");
}

TEST_CASE("authenticate: unknown algorithms are answered with the list of known ones") {
    ServerFixture server;
    auto client = server.registered();
    for (const char* alg : {"none", "HS256", "ES256K", "RS1"}) {
        CAPTURE(alg);
        const std::string header = std::string(R"({"alg":")") + alg + R"(","kid":")" + client.kid +
                                   R"(","nonce":"AA","url":")" + client.kid + "\"}";
        const auto body = R"({"protected":")" + base::base64url_encode(base::bytes_of(header)) +
                          R"(","payload":"","signature":"AA"})";
        const auto response = client.post(client.kid, "", {.body = body});
        CHECK_PROBLEM(response, 400, "badSignatureAlgorithm");
        CHECK(json_of(response)["algorithms"].dump().find("ES256") != std::string::npos);
    }
}

TEST_CASE("authenticate: an account key that nobody may use is badPublicKey, whoever signs with it") {
    ServerFixture server;
    struct Row {
        const char* name;
        const char* alg;
        std::string jwk;
    };
    const auto modulus = base::base64url_encode(base::Bytes(128, 0xdb));
    const Row rows[] = {
        {"RSA of 1024 bits", "RS256", R"({"kty":"RSA","e":"AQAB","n":")" + modulus + "\"}"},
        {"no point of its curve", "ES256",
         R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
         R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})"},
        {"a curve of nobody's", "ES256", R"({"kty":"EC","crv":"P-257","x":"AA","y":"AA"})"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        auto client = server.client();
        client.need_nonce();
        const auto header = std::string(R"({"alg":")") + row.alg + R"(","jwk":)" + row.jwk + R"(,"nonce":")" +
                            client.nonce + R"(","url":"https://ca.test:8443/acme/new-account"})";
        const auto body = R"({"protected":")" + base::base64url_encode(base::bytes_of(header)) +
                          R"(","payload":"e30","signature":"AAAA"})";
        CHECK_PROBLEM(client.post("/acme/new-account", "", {.body = body}), 400, "badPublicKey");
    }
}

TEST_CASE("authenticate: a request sent twice is a replay") {
    ServerFixture server;
    auto client = server.registered();
    const auto request = client.signed_request(client.kid, "");
    CHECK(client.send(request).status == 200);
    CHECK_PROBLEM(client.send(request), 400, "badNonce");
}

TEST_CASE("authenticate: after a crash old nonces are void, and the answer's one works") {
    ServerFixture server;
    auto client = server.registered();
    client.need_nonce();
    server.restart();
    CHECK_PROBLEM(client.post(client.kid, ""), 400, "badNonce");
    CHECK(client.post(client.kid, "").status == 200);
}

TEST_CASE("authenticate: a clean restart keeps outstanding nonces good") {
    ServerFixture server;
    auto client = server.registered();
    client.need_nonce();
    server.app->stop();
    server.restart();
    CHECK(client.post(client.kid, "").status == 200);
}
