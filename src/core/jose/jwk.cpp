#include "jose/jwk.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"

namespace signet::jose {
namespace {

using base::Bytes;
using base::Json;
using crypto::KeyType;
using crypto::PublicKey;
using crypto::SignatureAlgorithm;

struct Curve {
    KeyType type;
    std::string_view name;
};
constexpr std::array<Curve, 3> k_curves = {
    {{KeyType::ec_p256, "P-256"}, {KeyType::ec_p384, "P-384"}, {KeyType::ec_p521, "P-521"}}};

struct Algorithm {
    SignatureAlgorithm algorithm;
    std::string_view name;
};
constexpr std::array<Algorithm, 5> k_algorithms = {{{SignatureAlgorithm::ecdsa_sha256, "ES256"},
                                                    {SignatureAlgorithm::ecdsa_sha384, "ES384"},
                                                    {SignatureAlgorithm::ecdsa_sha512, "ES512"},
                                                    {SignatureAlgorithm::ed25519, "EdDSA"},
                                                    {SignatureAlgorithm::rsa_sha256, "RS256"}}};

[[noreturn]] void refuse(std::string message) { throw base::Error(base::Kind::bad_public_key, std::move(message)); }

/// A member that must be there, as text; json_string would blame the JSON and not the key.
std::string text(const Json& jwk, const char* member) {
    const auto found = jwk.find(member);
    if (found == jwk.end()) refuse(std::string("the JWK has no \"") + member + '"');
    if (!found->is_string()) refuse(std::string("\"") + member + "\" of the JWK is not a string");
    return found->get<std::string>();
}

Bytes octets(const Json& jwk, const char* member) {
    auto bytes = base::base64url_decode(text(jwk, member));
    if (!bytes) refuse(std::string("\"") + member + "\" of the JWK is not base64url without padding");
    return std::move(*bytes);
}

/// RFC 7518 section 6.3.1: the fewest octets that hold the number.
Bytes number(const Json& jwk, const char* member) {
    Bytes bytes = octets(jwk, member);
    if (bytes.empty() || bytes[0] == 0) {
        refuse(std::string("\"") + member + "\" of the JWK is zero or begins with a zero octet");
    }
    return bytes;
}

void check_purpose(const Json& jwk) {
    for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
        if (jwk.contains(member)) refuse("the JWK holds a private or symmetric key, which must never be sent");
    }
    const auto use = jwk.find("use");
    if (use != jwk.end() && *use != "sig") refuse("\"use\" of the JWK is not \"sig\"");
    const auto operations = jwk.find("key_ops");
    if (operations == jwk.end()) return;
    if (std::find(operations->begin(), operations->end(), Json("verify")) == operations->end()) {
        refuse("\"key_ops\" of the JWK does not hold \"verify\"");
    }
}

PublicKey parse_ec(const Json& jwk) {
    const std::string name = text(jwk, "crv");
    const auto* curve = std::ranges::find(k_curves, name, &Curve::name);
    if (curve == k_curves.end()) refuse("the curve " + base::printable(name, 40) + " is not supported");
    return PublicKey::from_ec_point(curve->type, octets(jwk, "x"), octets(jwk, "y"));
}

PublicKey parse_okp(const Json& jwk) {
    const std::string name = text(jwk, "crv");
    if (name != "Ed25519") refuse("the curve " + base::printable(name, 40) + " is not supported");
    return PublicKey::from_ed25519(octets(jwk, "x"));
}

/// RFC 7638 section 3: required members in lexical order, no white space. base64url needs no escaping.
std::string canonical(const PublicKey& key) {
    const PublicKey::Parts parts = key.parts();
    const std::string first = base::base64url_encode(parts.first), second = base::base64url_encode(parts.second);
    if (key.is_rsa()) return R"({"e":")" + second + R"(","kty":"RSA","n":")" + first + "\"}";
    if (key.type() == KeyType::ed25519) return R"({"crv":"Ed25519","kty":"OKP","x":")" + first + "\"}";
    for (const Curve& curve : k_curves) {
        if (key.type() != curve.type) continue;
        return R"({"crv":")" + std::string(curve.name) + R"(","kty":"EC","x":")" + first + R"(","y":")" + second +
               "\"}";
    }
    refuse("a key of type " + key.describe() + " has no JWK here");
}

}  // namespace

PublicKey parse_jwk(const Json& jwk) {
    if (!jwk.is_object()) refuse("the JWK is not a JSON object");
    check_purpose(jwk);
    const std::string type = text(jwk, "kty");
    if (type == "EC") return parse_ec(jwk);
    if (type == "OKP") return parse_okp(jwk);
    if (type == "RSA") return PublicKey::from_rsa(number(jwk, "n"), number(jwk, "e"));
    refuse("keys of type " + base::printable(type, 40) + " are not supported");
}

Json to_jwk(const PublicKey& key) { return Json::parse(canonical(key)); }

std::string thumbprint(const PublicKey& key) {
    return base::base64url_encode(crypto::sha256(base::bytes_of(canonical(key))));
}

std::optional<SignatureAlgorithm> parse_algorithm(std::string_view alg) {
    const auto* row = std::ranges::find(k_algorithms, alg, &Algorithm::name);
    return row == k_algorithms.end() ? std::nullopt : std::optional(row->algorithm);
}

std::string_view algorithm_name(SignatureAlgorithm algorithm) {
    const auto* row = std::ranges::find(k_algorithms, algorithm, &Algorithm::algorithm);
    return row == k_algorithms.end() ? std::string_view() : row->name;
}

std::vector<std::string> accepted_algorithms() {
    std::vector<std::string> names;
    for (const Algorithm& row : k_algorithms) names.emplace_back(row.name);
    return names;
}

SignatureAlgorithm algorithm_for(const PublicKey& key) {
    if (key.is_rsa()) return SignatureAlgorithm::rsa_sha256;
    if (key.type()) {
        const SignatureAlgorithm algorithm = crypto::default_algorithm(*key.type());
        if (!algorithm_name(algorithm).empty()) return algorithm;
    }
    refuse("a key of type " + key.describe() + " cannot sign ACME requests");
}

}  // namespace signet::jose
