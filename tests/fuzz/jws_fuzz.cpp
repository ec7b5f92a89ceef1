// The body of every ACME POST. The input is either a whole JWS, or (first octet 1) a protected header and a payload
// that are signed here, so that what lies behind the base64url is reached by plain mutations.
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/json.h"
#include "fuzz/fuzz.h"
#include "jose/jws.h"

namespace signet::fuzz {
namespace {

std::string assemble(base::ByteView header, base::ByteView payload, base::ByteView signature) {
    base::Json json;
    json["protected"] = base::base64url_encode(header);
    json["payload"] = base::base64url_encode(payload);
    json["signature"] = base::base64url_encode(signature);
    return base::dump_json(json);
}

void check(std::string_view body) {
    const auto parsed = accepted([&] { return jose::parse_jws(body); });
    if (!parsed) return;
    const auto& jws = *parsed;
    require(jws.kid.has_value() != jws.jwk.has_value(), "either kid or jwk");
    require(base::base64url_encode(jws.payload) == jws.payload_b64url, "the payload has one form");
    const auto header = base::base64url_decode(jws.protected_b64url);
    require(header.has_value(), "the protected header is base64url");
    const auto again = jose::parse_jws(assemble(*header, jws.payload, jws.signature));
    require(again.url == jws.url && again.nonce == jws.nonce && again.kid == jws.kid, "a JWS comes back");
    require(again.algorithm == jws.algorithm && again.payload == jws.payload, "a JWS comes back");
    if (jws.jwk) jose::verify_jws(jws, *jws.jwk);
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    if (parts.number() != 1) return check(base::text_of(input));
    const auto header = parts.line();
    const auto payload = parts.line();
    check(assemble(base::bytes_of(header), base::bytes_of(payload), parts.rest()));
}

}  // namespace signet::fuzz
