// Public keys: JWKs (first octet even) and SubjectPublicKeyInfos.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "crypto/spki.h"
#include "fuzz/fuzz.h"
#include "jose/jwk.h"

namespace signet::fuzz {
namespace {

void check_jwk(std::string_view text) {
    const auto key = accepted([&] { return jose::parse_jwk(base::parse_json(text, "jwk")); });
    if (!key) return;
    const auto again = jose::parse_jwk(jose::to_jwk(*key));
    require(again == *key, "a JWK comes back");
    require(jose::thumbprint(again) == jose::thumbprint(*key), "a key has one thumbprint");
    require(crypto::PublicKey::from_spki(key->spki_der()) == *key, "a JWK's key has an SPKI");
}

void check_spki(base::ByteView der) {
    crypto::read_spki(der);
    crypto::read_rsa_key(der);
    const auto key = accepted([&] { return crypto::PublicKey::from_spki(der); });
    if (!key) return;
    require(base::equal(key->spki_der(), der), "an SPKI is kept as it stands");
    require(!key->describe().empty(), "a key can be described");
    const bool for_accounts = accepted([&] { return jose::algorithm_for(*key); }).has_value();
    if (!for_accounts || crypto::weakness(*key)) return;
    const auto again = jose::parse_jwk(jose::to_jwk(*key));
    require(jose::thumbprint(again) == jose::thumbprint(*key), "an SPKI's key has a JWK");
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    if (parts.number() % 2 == 0) return check_jwk(parts.rest_text());
    check_spki(parts.rest());
}

}  // namespace signet::fuzz
