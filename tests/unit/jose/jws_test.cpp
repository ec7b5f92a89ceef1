#include "jose/jws.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "jose/jwk.h"

using namespace signet;
using namespace signet::jose;
using base::Json;
using base::Kind;

namespace {

const JwsHeader k_header = {.url = "https://ca/acme/new-order", .nonce = "bm9uY2U", .kid = "https://ca/acme/account/1"};

struct Refusal {
    Kind kind;
    std::string message;
};

Refusal refusal(const std::string& body) {
    try {
        parse_jws(body);
    } catch (const base::Error& error) {
        return {error.kind(), error.message()};
    }
    return {Kind::internal, "accepted"};
}

/// A JWS whose protected header is this JSON; its signature is noise.
std::string with_header(std::string_view header) {
    return R"({"protected":")" + base::base64url_encode(base::bytes_of(header)) +
           R"(","payload":"e30","signature":"AAAA"})";
}

}  // namespace

TEST_CASE("jws: what we sign, we verify, with every kind of account key") {
    using crypto::KeyType;
    for (const KeyType type :
         {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::ed25519, KeyType::rsa_2048}) {
        CAPTURE(crypto::key_type_name(type));
        const crypto::PrivateKey key = crypto::PrivateKey::generate(type);
        const Jws by_kid = parse_jws(sign_jws(key, k_header, R"({"a":1})"));
        CHECK(by_kid.url == k_header.url);
        CHECK(by_kid.nonce == k_header.nonce);
        CHECK(by_kid.kid == k_header.kid);
        CHECK_FALSE(by_kid.jwk);
        CHECK(base::to_text(by_kid.payload) == R"({"a":1})");
        CHECK(verify_jws(by_kid, key.public_key()));
        const Jws by_jwk = parse_jws(sign_jws(key, {.url = "https://ca/x"}, ""));
        REQUIRE(by_jwk.jwk);
        CHECK(*by_jwk.jwk == key.public_key());
        CHECK(by_jwk.payload.empty());
        CHECK_FALSE(by_jwk.nonce);
        CHECK(verify_jws(by_jwk, *by_jwk.jwk));
    }
}

TEST_CASE("jws: nothing verifies that was changed, or under another key") {
    const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    const crypto::PrivateKey other = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    const Jws good = parse_jws(sign_jws(key, k_header, "{}"));
    CHECK_FALSE(verify_jws(good, other.public_key()));
    Jws changed = good;
    changed.payload_b64url = "";
    CHECK_FALSE(verify_jws(changed, key.public_key()));
    changed = good;
    changed.protected_b64url += "A";
    CHECK_FALSE(verify_jws(changed, key.public_key()));
    changed = good;
    changed.signature.back() ^= 1;
    CHECK_FALSE(verify_jws(changed, key.public_key()));
}

TEST_CASE("jws: the algorithm must be the one of the key's curve") {
    // A signature over the same bytes with SHA-384 under a P-256 key is sound ECDSA, yet neither ES256 nor ES384.
    const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    Jws jws = parse_jws(sign_jws(key, k_header, "{}"));
    jws.algorithm = crypto::SignatureAlgorithm::ecdsa_sha384;
    jws.signature =
        crypto::sign_jose(key, jws.algorithm, base::bytes_of(jws.protected_b64url + "." + jws.payload_b64url));
    CHECK_FALSE(verify_jws(jws, key.public_key()));
}

TEST_CASE("jws: shapes that RFC 8555 section 6.2 forbids are malformed") {
    const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    const Json good = base::parse_json(sign_jws(key, k_header, "{}"), "good");
    const auto changed = [&](const char* member, const Json& value) {
        Json json = good;
        json[member] = value;
        return refusal(json.dump());
    };
    CHECK(refusal(good.dump()).message == "accepted");
    CHECK(refusal("").kind == Kind::malformed);
    CHECK(refusal("[]").kind == Kind::malformed);
    CHECK(refusal("eyJhbGciOiJFUzI1NiJ9.e30.AAAA").kind == Kind::malformed);  // the compact form
    CHECK(changed("header", Json::object()).message == "the JWS: an unprotected header");
    CHECK(changed("signatures", Json::array()).message.find("several signatures") != std::string::npos);
    CHECK(changed("extra", 1).message == "the JWS: an unknown member \"extra\"");
    CHECK(changed("payload", "e30=").message == "the JWS: \"payload\" is not base64url without padding");
    CHECK(changed("payload", Json::object()).kind == Kind::malformed);
    CHECK(changed("payload", nullptr).kind == Kind::malformed);
    CHECK(changed("signature", "A").kind == Kind::malformed);
    CHECK(changed("protected", "").kind == Kind::malformed);
    CHECK(changed("protected", base::base64url_encode(base::bytes_of("[]"))).kind == Kind::malformed);
    for (const char* member : {"protected", "payload", "signature"}) {
        Json json = good;
        json.erase(member);
        CHECK(refusal(json.dump()).message == "the JWS: \"" + std::string(member) + "\" is missing");
    }
    std::string twice = good.dump();
    twice.insert(1, R"("payload":"",)");
    CHECK(refusal(twice).message == "the JWS: the member \"payload\" stands twice");
}

TEST_CASE("jws: the spelling of a body changes nothing, and hides nothing") {
    const std::string header = base::base64url_encode(base::bytes_of(R"({"alg":"ES256","url":"u","kid":"k"})"));
    const auto body = [&](std::string text) {
        for (auto at = text.find('H'); at != std::string::npos; at = text.find('H', at + header.size())) {
            text.replace(at, 1, header);
        }
        return text;
    };
    for (const char* text : {R"({"protected":"H","payload":"e30","signature":"AAAA"})",
                             R"({"signature":"AAAA","payload":"e30","protected":"H"})",
                             " {\t\"protected\" : \"H\" ,\r\n\"payload\":\"e30\",\"signature\": \"AAAA\" }\n",
                             R"({"pro\u0074ected":"H","payload":"e3\u0030","signature":"AAAA"})"}) {
        CAPTURE(text);
        const Jws jws = parse_jws(body(text));
        CHECK(jws.protected_b64url == header);
        CHECK(base::to_text(jws.payload) == "{}");
        CHECK(jws.signature == base::Bytes{0, 0, 0});
        CHECK(jws.kid == "k");
    }
    for (const char* text : {R"({"protected":"H","payload":"e30","signature":"AAAA"}x)",
                             R"({"protected":"H","payload":"e30","signature":"AAAA"},)",
                             R"({"protected":"H","payload":"e30","signature":"AAAA",})",
                             R"({"protected":"H","payload":"e30" "signature":"AAAA"})",
                             R"({"protected":"H","payload":"e30","payload":"e30"})",
                             R"({"protected":"H","payload":"e30","signature":"AAAA")",
                             R"({"protected":"H","payload":"e30","signature":"AAAA","signature":"AAAA"})",
                             R"({"protected":"H","payload":"e30","p\u0061yload":"","signature":"AAAA"})",
                             R"({"protected":"H","payload":"e30","signature":"AA+A"})",
                             R"({"protected":"H","payload":"e30","signature":"AAAA"}{})"}) {
        CAPTURE(text);
        CHECK(refusal(body(text)).kind == Kind::malformed);
    }
}

TEST_CASE("jws: the spelling of a header changes nothing, and hides nothing") {
    for (const char* header : {R"({"alg":"ES256","kid":"k/1","nonce":"bm9uY2U","url":"u"})",
                               R"({"url":"u","nonce":"bm9uY2U","kid":"k/1","alg":"ES256"})",
                               " {\t\"alg\" : \"ES256\" ,\r\n\"kid\":\"k/1\",\"nonce\":\"bm9uY2U\",\"url\": \"u\" }\n",
                               R"({"\u0061lg":"ES25\u0036","kid":"k\/1","nonce":"bm9uY2U","url":"u"})",
                               R"({"alg":"ES256","kid":"k/1","nonce":"bm9uY2U","url":"u","typ":"JOSE"})"}) {
        CAPTURE(header);
        const Jws jws = parse_jws(with_header(header));
        CHECK(jws.algorithm == crypto::SignatureAlgorithm::ecdsa_sha256);
        CHECK(jws.kid == "k/1");
        CHECK(jws.nonce == "bm9uY2U");
        CHECK(jws.url == "u");
        CHECK_FALSE(jws.jwk);
    }
    for (const char* header :
         {R"({"alg":"ES256","kid":"k","nonce":"bm9uY2U","url":"u",})",
          R"({"alg":"ES256","kid":"k","nonce":"bm9uY2U","url":"u"}})",
          R"({"alg":"ES256","kid":"k","nonce":"bm9uY2U","kid":"k","url":"u"})",
          R"({"alg":"ES256","kid":"k","nonce":"bm9uY2U","url":"u","u\u0072l":"v"})",
          R"({"alg":"ES256","kid":"k","nonce":"bm9uY2U","url":"u","crit":["b64"]})",
          R"({"alg":"ES256","kid":"k","nonce":"bm9uY2U","url":"u","jwk":{}})",
          R"({"alg":"ES256","kid":"k","nonce":"bm9u=","url":"u"})", R"({"alg":"ES256","kid":"k","nonce":"bm9uY2U"})",
          "{\"alg\":\"ES256\",\"kid\":\"k\nk\",\"nonce\":\"bm9uY2U\",\"url\":\"u\"}",
          "{\"alg\":\"ES256\",\"kid\":\"k\xff\",\"nonce\":\"bm9uY2U\",\"url\":\"u\"}"}) {
        CAPTURE(header);
        CHECK(refusal(with_header(header)).kind == Kind::malformed);
    }
    CHECK(refusal(with_header(R"({"alg":"HS256","kid":"k","nonce":"bm9uY2U","url":"u"})")).kind ==
          Kind::bad_signature_algorithm);
}

TEST_CASE("jws: headers that RFC 8555 section 6.2 forbids") {
    CHECK(refusal(with_header(R"({"alg":"ES256","url":"u","kid":"k"})")).message == "accepted");
    CHECK(refusal(with_header(R"({"alg":"ES256","url":"u","kid":"k","typ":"JOSE"})")).message == "accepted");
    for (const char* header :
         {R"({"url":"u","kid":"k"})", R"({"alg":1,"url":"u","kid":"k"})", R"({"alg":"ES256","kid":"k"})",
          R"({"alg":"ES256","url":"u"})", R"({"alg":"ES256","url":"u","kid":"k","jwk":{}})",
          R"({"alg":"ES256","url":"u","kid":7})", R"({"alg":"ES256","url":"u","kid":"k","crit":["x"]})",
          R"({"alg":"ES256","url":"u","kid":"k","b64":false})", R"({"alg":"ES256","url":"u","kid":"k","nonce":"a="})",
          R"({"alg":"ES256","alg":"ES256","url":"u","kid":"k"})", R"({"alg":"ES256","url":"u","kid":"k"} x)"}) {
        CAPTURE(header);
        CHECK(refusal(with_header(header)).kind == Kind::malformed);
    }
    for (const char* alg : {"none", "HS256", "RS384", "es256", ""}) {
        CAPTURE(alg);
        CHECK(refusal(with_header(R"({"url":"u","kid":"k","alg":")" + std::string(alg) + "\"}")).kind ==
              Kind::bad_signature_algorithm);
    }
    CHECK(refusal(with_header(R"({"alg":"ES256","url":"u","jwk":{}})")).kind == Kind::bad_public_key);
    CHECK(refusal(with_header(R"({"alg":"ES256","url":"u","jwk":"x"})")).kind == Kind::bad_public_key);
}

TEST_CASE("jws: the signature of RFC 8037 appendix A.4") {
    const crypto::PublicKey key = parse_jwk(
        base::parse_json(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})", "jwk"));
    Jws jws;
    jws.algorithm = crypto::SignatureAlgorithm::ed25519;
    jws.protected_b64url = "eyJhbGciOiJFZERTQSJ9";
    jws.payload_b64url = "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    jws.signature = *base::base64url_decode(
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    CHECK(verify_jws(jws, key));
}
