#include "jose/jws.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "jose/jwk.h"

namespace signet::jose {
namespace {

using base::Json;
using crypto::KeyType;
using crypto::SignatureAlgorithm;

constexpr base::JsonLimits k_body_limits = {.depth = 4, .size = 256 << 10};   // a CSR of 100 names has some 10 kB
constexpr base::JsonLimits k_header_limits = {.depth = 4, .size = 16 << 10};  // the JWK of RSA-4096 has 0.8 kB
constexpr std::string_view k_what = "the JWS";

[[noreturn]] void refuse(std::string why) {
    throw base::Error(base::Kind::malformed, std::string(k_what) + ": " + std::move(why));
}

base::Bytes decode(std::string_view text, const char* member) {
    auto bytes = base::base64url_decode(text);
    if (!bytes) refuse(std::string("\"") + member + "\" is not base64url without padding");
    return std::move(*bytes);
}

void check_top_members(const Json& body) {
    if (!body.is_object()) refuse("not a JSON object");
    for (const auto& [name, value] : body.items()) {
        if (name == "protected" || name == "payload" || name == "signature") continue;
        if (name == "signatures") refuse("several signatures; the flattened form has one");
        if (name == "header") refuse("an unprotected header");
        refuse("an unknown member \"" + base::printable(name, 60) + '"');
    }
}

void read_header(Jws& jws) {
    const base::Bytes text = decode(jws.protected_b64url, "protected");
    const Json header = base::parse_json(base::text_of(text), "the protected header", k_header_limits);
    const std::string alg = base::json_string(header, "alg", k_what);
    const auto algorithm = parse_algorithm(alg);
    if (!algorithm) {
        throw base::Error(base::Kind::bad_signature_algorithm,
                          "signatures with \"" + base::printable(alg, 40) + "\" are not accepted",
                          "sign with one of " + base::join(accepted_algorithms(), ", "));
    }
    jws.algorithm = *algorithm;
    // An extension that must be understood is one more thing to get wrong, and ACME needs none (RFC 7515
    // section 4.1.11).
    for (const char* member : {"crit", "b64"}) {
        if (header.contains(member)) refuse(std::string("the header member \"") + member + "\" is not supported");
    }
    jws.url = base::json_string(header, "url", k_what);
    jws.nonce = base::json_string_if_there(header, "nonce", k_what);
    if (jws.nonce) decode(*jws.nonce, "nonce");
    jws.kid = base::json_string_if_there(header, "kid", k_what);
    const auto jwk = header.find("jwk");
    if (jws.kid.has_value() == (jwk != header.end())) refuse("exactly one of \"kid\" and \"jwk\" must be there");
    if (!jws.kid) jws.jwk = parse_jwk(*jwk);
}

/// RFC 7518 section 3.4 binds each ES algorithm to one curve.
bool fits(SignatureAlgorithm algorithm, const crypto::PublicKey& key) {
    if (key.is_rsa()) return algorithm == SignatureAlgorithm::rsa_sha256;
    return key.type() && !algorithm_name(algorithm).empty() && crypto::default_algorithm(*key.type()) == algorithm;
}

std::string signing_input(std::string_view protected_b64url, std::string_view payload_b64url) {
    std::string input;
    input.reserve(protected_b64url.size() + payload_b64url.size() + 1);
    input += protected_b64url;
    input += '.';
    input += payload_b64url;
    return input;
}

}  // namespace

Jws parse_jws(std::string_view body) {
    const Json json = base::parse_json(body, k_what, k_body_limits);
    check_top_members(json);
    Jws jws;
    jws.protected_b64url = base::json_string(json, "protected", k_what);
    jws.payload_b64url = base::json_string(json, "payload", k_what);
    jws.signature = decode(base::json_string(json, "signature", k_what), "signature");
    jws.payload = decode(jws.payload_b64url, "payload");
    read_header(jws);
    return jws;
}

bool verify_jws(const Jws& jws, const crypto::PublicKey& key) {
    if (!fits(jws.algorithm, key)) return false;
    const std::string input = signing_input(jws.protected_b64url, jws.payload_b64url);
    return crypto::verify_jose(key, jws.algorithm, base::bytes_of(input), jws.signature);
}

std::string sign_jws(const crypto::PrivateKey& key, const JwsHeader& header, std::string_view payload) {
    const SignatureAlgorithm algorithm = algorithm_for(key.public_key());
    Json json;
    json["alg"] = algorithm_name(algorithm);
    if (header.kid) {
        json["kid"] = *header.kid;
    } else {
        json["jwk"] = to_jwk(key.public_key());
    }
    if (header.nonce) json["nonce"] = *header.nonce;
    json["url"] = header.url;
    const std::string protected_b64url = base::base64url_encode(base::bytes_of(base::dump_json(json)));
    const std::string payload_b64url = base::base64url_encode(base::bytes_of(payload));
    const std::string input = signing_input(protected_b64url, payload_b64url);
    const std::string signature = base::base64url_encode(crypto::sign_jose(key, algorithm, base::bytes_of(input)));
    return R"({"protected":")" + protected_b64url + R"(","payload":")" + payload_b64url + R"(","signature":")" +
           signature + "\"}";
}

}  // namespace signet::jose
