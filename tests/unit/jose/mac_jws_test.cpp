#include "jose/mac_jws.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "crypto/digest.h"

using namespace signet;
using namespace signet::jose;

namespace {

const base::Bytes k_mac_key(32, 7);
constexpr auto k_kid = "kid-1";
constexpr auto k_url = "https://ca/acme/new-account";

std::string encoded(std::string_view text) { return base::base64url_encode(base::bytes_of(text)); }

/// A JWS with this header, under the right HMAC-SHA-384 whatever the header says.
std::string under_sha384(std::string_view header, std::string_view payload = "{}") {
    const auto input = encoded(header) + "." + encoded(payload);
    return R"({"protected":")" + encoded(header) + R"(","payload":")" + encoded(payload) + R"(","signature":")" +
           base::base64url_encode(crypto::hmac_sha384(k_mac_key, base::bytes_of(input))) + "\"}";
}

std::string why_refused(const std::string& text) {
    try {
        parse_mac_jws(text, "the binding");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::malformed);
        return error.message();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("mac jws: what is signed verifies under its key, and under no other") {
    const auto jws = parse_mac_jws(sign_mac_jws(k_mac_key, k_kid, k_url, R"({"kty":"EC"})"), "x");
    CHECK(jws.kid == k_kid);
    CHECK(jws.url == k_url);
    CHECK(base::to_text(jws.payload) == R"({"kty":"EC"})");
    CHECK(verify_mac_jws(jws, k_mac_key));
    CHECK_FALSE(verify_mac_jws(jws, base::Bytes(32, 8)));
    CHECK_FALSE(verify_mac_jws(jws, base::Bytes(31, 7)));
    CHECK_FALSE(verify_mac_jws(jws, {}));
    auto changed = jws;
    changed.payload_b64url += "A";
    CHECK_FALSE(verify_mac_jws(changed, k_mac_key));
    changed = jws;
    changed.mac.pop_back();
    CHECK_FALSE(verify_mac_jws(changed, k_mac_key));
    changed.mac.clear();
    CHECK_FALSE(verify_mac_jws(changed, k_mac_key));
}

TEST_CASE("mac jws: the algorithm is the header's, and must be the MAC's") {
    const auto header = [](const std::string& alg) {
        return R"({"alg":")" + alg + R"(","kid":"kid-1","url":"https://ca"})";
    };
    CHECK(verify_mac_jws(parse_mac_jws(under_sha384(header("HS384")), "x"), k_mac_key));
    CHECK_FALSE(verify_mac_jws(parse_mac_jws(under_sha384(header("HS256")), "x"), k_mac_key));
    CHECK_FALSE(verify_mac_jws(parse_mac_jws(under_sha384(header("HS512")), "x"), k_mac_key));
    for (const char* alg : {"none", "ES256", "hs256", "", "HS1"}) {
        CHECK(why_refused(under_sha384(header(alg))).starts_with("the binding: \"alg\" is"));
    }
}

TEST_CASE("mac jws: what it must not have, and what it must") {
    const auto with = [](const std::string& more) { return under_sha384(R"({"alg":"HS384",)" + more + "}"); };
    CHECK(why_refused(with(R"("kid":"k","url":"u")")) == "accepted");
    CHECK(why_refused(with(R"("kid":"k","url":"u","nonce":"bm9uY2U")")).find("nonce") != std::string::npos);
    CHECK(why_refused(with(R"("kid":"k","url":"u","jwk":{})")).find("jwk") != std::string::npos);
    CHECK(why_refused(with(R"("kid":"k","url":"u","crit":["x"])")).find("crit") != std::string::npos);
    CHECK(why_refused(with(R"("kid":"k")")).find("url") != std::string::npos);
    CHECK(why_refused(with(R"("url":"u")")).find("kid") != std::string::npos);
    CHECK(why_refused(with(R"("kid":"k","kid":"l","url":"u")")) != "accepted");
    CHECK(why_refused("[]") != "accepted");
    CHECK(why_refused(R"({"payload":"e30","signatures":[]})").find("flattened") != std::string::npos);
}
