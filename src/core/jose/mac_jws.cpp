#include "jose/mac_jws.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "jose/flattened.h"

namespace signet::jose {
namespace {

base::Bytes compute(MacAlgorithm algorithm, base::ByteView key, std::string_view input) {
    switch (algorithm) {
        case MacAlgorithm::hs256: {
            const auto mac = crypto::hmac_sha256(key, base::bytes_of(input));
            return {mac.begin(), mac.end()};
        }
        case MacAlgorithm::hs384:
            return crypto::hmac_sha384(key, base::bytes_of(input));
        case MacAlgorithm::hs512:
            return crypto::hmac_sha512(key, base::bytes_of(input));
    }
    return {};
}

MacAlgorithm parse_mac_algorithm(const std::string& alg, std::string_view what) {
    if (alg == "HS256") return MacAlgorithm::hs256;
    if (alg == "HS384") return MacAlgorithm::hs384;
    if (alg == "HS512") return MacAlgorithm::hs512;
    refuse_jws(what, "\"alg\" is " + base::printable(alg, 40) + ", which is none of HS256, HS384 and HS512");
}

}  // namespace

MacJws parse_mac_jws(std::string_view body, std::string_view what) {
    auto parts = parse_flattened(body, what);
    const auto header = parse_header(parts, what);
    MacJws jws;
    jws.algorithm = parse_mac_algorithm(base::json_string(header, "alg", what), what);
    for (const char* member : {"nonce", "jwk"}) {
        if (header.contains(member)) refuse_jws(what, std::string("it has a \"") + member + '"');
    }
    jws.kid = base::json_string(header, "kid", what);
    jws.url = base::json_string(header, "url", what);
    jws.protected_b64url = std::move(parts.protected_b64url);
    jws.payload_b64url = std::move(parts.payload_b64url);
    jws.mac = std::move(parts.signature);
    jws.payload = std::move(parts.payload);
    return jws;
}

bool verify_mac_jws(const MacJws& jws, base::ByteView key) {
    const auto mac = compute(jws.algorithm, key, signing_input(jws.protected_b64url, jws.payload_b64url));
    return crypto::constant_time_equal(mac, jws.mac);
}

std::string sign_mac_jws(base::ByteView key, const std::string& kid, const std::string& url, std::string_view payload) {
    base::Json header;
    header["alg"] = "HS256";
    header["kid"] = kid;
    header["url"] = url;
    const auto protected_b64url = base::base64url_encode(base::bytes_of(base::dump_json(header)));
    const auto payload_b64url = base::base64url_encode(base::bytes_of(payload));
    const auto mac = compute(MacAlgorithm::hs256, key, signing_input(protected_b64url, payload_b64url));
    return flattened_text(protected_b64url, payload_b64url, base::base64url_encode(mac));
}

}  // namespace signet::jose
