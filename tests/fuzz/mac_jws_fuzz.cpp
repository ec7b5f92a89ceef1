// External account bindings (RFC 8555 section 7.3.4). First octet 0: the whole JWS. 1: a protected header, a payload
// and a MAC, put together here. Else: a key, a kid and a payload, which our own signature must bind.
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "fuzz/fuzz.h"
#include "jose/flattened.h"
#include "jose/mac_jws.h"

namespace signet::fuzz {
namespace {

constexpr auto k_url = "https://ca.internal:8443/acme/new-account";

void check(std::string_view body, base::ByteView key) {
    const auto parsed = accepted([&] { return jose::parse_mac_jws(body, "the binding"); });
    if (!parsed) return;
    const auto& jws = *parsed;
    require(base::base64url_encode(jws.payload) == jws.payload_b64url, "the payload has one form");
    const auto text = jose::flattened_text(jws.protected_b64url, jws.payload_b64url, base::base64url_encode(jws.mac));
    const auto again = jose::parse_mac_jws(text, "what was parsed");
    require(again.kid == jws.kid && again.url == jws.url && again.algorithm == jws.algorithm, "a binding comes back");
    require(jose::verify_mac_jws(again, key) == jose::verify_mac_jws(jws, key), "a MAC covers the same characters");
}

void check_own(base::ByteView key, base::ByteView kid, base::ByteView payload) {
    const auto name = base::base64url_encode(kid);
    const auto text = jose::sign_mac_jws(key, name, k_url, base::text_of(payload));
    const auto jws = jose::parse_mac_jws(text, "our own");
    require(jws.kid == name && jws.url == k_url && base::equal(jws.payload, payload), "our own binding is read");
    require(jose::verify_mac_jws(jws, key), "our own binding verifies");
    base::Bytes other(key.begin(), key.end());
    other.insert(other.begin(), 1);
    require(!jose::verify_mac_jws(jws, other), "another key does not verify it");
    auto shorter = jws;
    shorter.mac.pop_back();
    require(!jose::verify_mac_jws(shorter, key), "a part of a MAC does not verify");
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    const unsigned kind = parts.number();
    if (kind == 0) return check(parts.rest_text(), base::bytes_of("key"));
    if (kind == 1) {
        const auto header = base::base64url_encode(base::bytes_of(parts.line()));
        const auto payload = base::base64url_encode(base::bytes_of(parts.line()));
        return check(jose::flattened_text(header, payload, base::base64url_encode(parts.rest())),
                     base::bytes_of("key"));
    }
    const auto key = parts.piece();
    const auto kid = parts.piece();
    check_own(key, kid, parts.rest());
}

}  // namespace signet::fuzz
