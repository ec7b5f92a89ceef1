#include "jose/jws.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "jose/flattened.h"
#include "jose/jwk.h"
#include "jose/plain_reader.h"

namespace signet::jose {
namespace {

using base::Json;
using crypto::KeyType;
using crypto::SignatureAlgorithm;

constexpr std::string_view k_what = "the JWS";

[[noreturn]] void refuse(std::string why) { refuse_jws(k_what, std::move(why)); }

void read_header(const Json& header, Jws& jws) {
    const std::string alg = base::json_string(header, "alg", k_what);
    const auto algorithm = parse_algorithm(alg);
    if (!algorithm) {
        throw base::Error(base::Kind::bad_signature_algorithm,
                          "signatures with \"" + base::printable(alg, 40) + "\" are not accepted",
                          "sign with one of " + base::join(accepted_algorithms(), ", "));
    }
    jws.algorithm = *algorithm;
    jws.url = base::json_string(header, "url", k_what);
    jws.nonce = base::json_string_if_there(header, "nonce", k_what);
    if (jws.nonce && !base::base64url_decode(*jws.nonce)) refuse("\"nonce\" is not base64url without padding");
    jws.kid = base::json_string_if_there(header, "kid", k_what);
    const auto jwk = header.find("jwk");
    if (jws.kid.has_value() == (jwk != header.end())) refuse("exactly one of \"kid\" and \"jwk\" must be there");
    if (!jws.kid) jws.jwk = parse_jwk(*jwk);
}

/// The header of a client that has an account, as all of them write it: alg, kid, nonce and url, each once and a plain
/// string. False: nothing is known yet, and nothing of `jws` is set that counts.
bool read_plain_header(std::string_view text, Jws& jws) {
    const auto values = PlainReader(text).take_object<4>({"alg", "kid", "nonce", "url"}, k_unescaped);
    if (!values) return false;
    const auto& [name, kid, nonce, url] = *values;
    const auto algorithm = parse_algorithm(name);
    if (!algorithm || !base::base64url_decode(nonce)) return false;
    jws.algorithm = *algorithm;
    jws.kid = std::string(kid);
    jws.nonce = std::string(nonce);
    jws.url = std::string(url);
    return true;
}

/// RFC 7518 section 3.4 binds each ES algorithm to one curve.
bool fits(SignatureAlgorithm algorithm, const crypto::PublicKey& key) {
    if (key.is_rsa()) return algorithm == SignatureAlgorithm::rsa_sha256;
    return key.type() && !algorithm_name(algorithm).empty() && crypto::default_algorithm(*key.type()) == algorithm;
}

}  // namespace

Jws parse_jws(std::string_view body) {
    auto parts = parse_flattened(body, k_what);
    Jws jws;
    const base::Bytes header = header_text(parts, k_what);
    if (!read_plain_header(base::text_of(header), jws)) read_header(parse_header(parts, k_what), jws);
    jws.protected_b64url = std::move(parts.protected_b64url);
    jws.payload_b64url = std::move(parts.payload_b64url);
    jws.signature = std::move(parts.signature);
    jws.payload = std::move(parts.payload);
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
    return flattened_text(protected_b64url, payload_b64url, signature);
}

}  // namespace signet::jose
