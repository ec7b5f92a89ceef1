#include "jose/jwk.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

using namespace signet;
using namespace signet::jose;
using base::Json;

namespace {

// RFC 7638 section 3.1.
constexpr const char* k_rsa =
    R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi)"
    R"(FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6)"
    R"(qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqD)"
    R"(Kgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})";
// RFC 8037 appendix A.2.
constexpr const char* k_ed25519 = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
// RFC 7515 appendix A.3.1.
constexpr const char* k_p256 =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

Json jwk(const char* text) { return base::parse_json(text, "jwk"); }

std::string refusal(const Json& json) {
    try {
        parse_jwk(json);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::bad_public_key);
        return error.message();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("jwk: thumbprints of RFC 7638 and RFC 8037") {
    CHECK(thumbprint(parse_jwk(jwk(k_rsa))) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    CHECK(thumbprint(parse_jwk(jwk(k_ed25519))) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST_CASE("jwk: what is read is written with the required members alone, in order") {
    CHECK(base::dump_json(to_jwk(parse_jwk(jwk(k_ed25519)))) ==
          R"({"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
    const Json p256 = to_jwk(parse_jwk(jwk(k_p256)));
    CHECK(base::dump_json(p256).starts_with(R"({"crv":"P-256","kty":"EC","x":"f83)"));
    CHECK(p256["y"] == jwk(k_p256)["y"]);
    for (const auto type : {crypto::KeyType::ec_p384, crypto::KeyType::ec_p521, crypto::KeyType::rsa_2048}) {
        const crypto::PrivateKey key = crypto::PrivateKey::generate(type);
        CHECK(parse_jwk(to_jwk(key.public_key())) == key.public_key());
    }
}

TEST_CASE("jwk: keys that are not accepted, and why") {
    CHECK(refusal(jwk("[]")) == "the JWK is not a JSON object");
    CHECK(refusal(jwk("{}")) == "the JWK has no \"kty\"");
    CHECK(refusal(jwk(R"({"kty":"oct","k":"AAAA"})")).find("private or symmetric") != std::string::npos);
    CHECK(refusal(jwk(R"({"kty":7})")) == "\"kty\" of the JWK is not a string");
    CHECK(refusal(jwk(R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})")) ==
          "the curve secp256k1 is not supported");
    CHECK(refusal(jwk(R"({"kty":"OKP","crv":"X25519","x":"AA"})")) == "the curve X25519 is not supported");

    Json with_private = jwk(k_p256);
    with_private["d"] = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
    CHECK(refusal(with_private).find("private") != std::string::npos);
    Json off_curve = jwk(k_p256);
    off_curve["y"] = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1";
    CHECK(refusal(off_curve).find("base64url") != std::string::npos);  // stray trailing bits
    off_curve["y"] = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5bA";
    CHECK(refusal(off_curve) == "the EC key is not a point of its curve");
    Json padded = jwk(k_p256);
    padded["x"] = padded["x"].get<std::string>() + "=";
    CHECK(refusal(padded).find("base64url") != std::string::npos);
    Json narrow = jwk(k_p256);
    narrow["x"] = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA";
    CHECK(refusal(narrow).find("width") != std::string::npos);
    Json zero = jwk(k_rsa);
    zero["e"] = "AAEAAQ";
    CHECK(refusal(zero).find("zero octet") != std::string::npos);
    Json encryption = jwk(k_rsa);
    encryption["use"] = "enc";
    CHECK(refusal(encryption) == "\"use\" of the JWK is not \"sig\"");
    encryption["use"] = "sig";
    CHECK(refusal(encryption) == "accepted");
    encryption["key_ops"] = {"encrypt"};
    CHECK(refusal(encryption).find("key_ops") != std::string::npos);
    encryption["key_ops"] = "verify";
    CHECK(refusal(encryption) == "accepted");
}

TEST_CASE("jwk: algorithms have one spelling, and MACs and none are none of them") {
    for (const std::string& name : accepted_algorithms()) CHECK(algorithm_name(*parse_algorithm(name)) == name);
    for (const char* name : {"none", "HS256", "es256", "PS256", "RS1", "", "ES256K"})
        CHECK_FALSE(parse_algorithm(name));
    CHECK(algorithm_for(parse_jwk(jwk(k_ed25519))) == crypto::SignatureAlgorithm::ed25519);
    CHECK(algorithm_for(parse_jwk(jwk(k_rsa))) == crypto::SignatureAlgorithm::rsa_sha256);
    CHECK(algorithm_for(parse_jwk(jwk(k_p256))) == crypto::SignatureAlgorithm::ecdsa_sha256);
}
