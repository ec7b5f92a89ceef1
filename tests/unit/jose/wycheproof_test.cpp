#include <cstdlib>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/encoding.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "jose/jwk.h"
#include "jose/jws.h"

// Project Wycheproof's JWS and raw signatures, from the directory that SIGNET_VECTORS names.

using namespace signet;
using namespace signet::jose;
using base::Json;

namespace {

std::optional<Json> vectors() {
    const char* directory = std::getenv("SIGNET_VECTORS");
    if (directory == nullptr) {
        MESSAGE("skipped: SIGNET_VECTORS names no directory with jws.json");
        return std::nullopt;
    }
    return base::parse_json(base::read_file(base::Path(directory) / "jws.json", 16 << 20), "jws.json",
                            {.size = 16 << 20});
}

std::optional<crypto::PublicKey> read_key(const Json& jwk) {
    try {
        return parse_jwk(jwk);
    } catch (const base::Error&) {
        return std::nullopt;
    }
}

/// The compact form, taken apart into what parse_jws makes of the flattened one.
std::optional<Jws> read_compact(std::string_view text) {
    const auto pieces = base::split(text, '.');
    if (pieces.size() != 3) return std::nullopt;
    const auto header = base::base64url_decode(pieces[0]);
    const auto payload = base::base64url_decode(pieces[1]);
    const auto signature = base::base64url_decode(pieces[2]);
    if (!header || !payload || !signature) return std::nullopt;
    try {
        const Json json = base::parse_json(base::text_of(*header), "header");
        const auto algorithm = parse_algorithm(base::json_string(json, "alg", "header"));
        if (!algorithm) return std::nullopt;
        Jws jws;
        jws.protected_b64url = pieces[0];
        jws.payload_b64url = pieces[1];
        jws.payload = *payload;
        jws.signature = *signature;
        jws.algorithm = *algorithm;
        return jws;
    } catch (const base::Error&) {
        return std::nullopt;
    }
}

/// Whether signet means to support the algorithm that the vector's key is for.
bool supported(const Json& row) {
    const auto alg = row["key"].find("alg");
    return alg == row["key"].end() || parse_algorithm(alg->get<std::string>()).has_value();
}

}  // namespace

TEST_CASE("wycheproof: JWS") {
    const auto all = vectors();
    if (!all) return;
    int accepted = 0, refused = 0;
    for (const Json& row : (*all)["jws"]) {
        if (row["valid"].is_null()) continue;
        CAPTURE(row["id"].get<std::string>());
        const auto key = read_key(row["key"]);
        const auto jws = read_compact(row["jws"].get<std::string>());
        const bool good = key && jws && verify_jws(*jws, *key);
        CHECK(good == (row["valid"].get<bool>() && supported(row)));
        ++(good ? accepted : refused);
    }
    CHECK(accepted >= 10);
    CHECK(refused >= 280);
}

TEST_CASE("wycheproof: raw signatures") {
    const auto all = vectors();
    if (!all) return;
    int accepted = 0, refused = 0;
    for (const Json& row : (*all)["raw"]) {
        if (row["valid"].is_null()) continue;
        CAPTURE(row["id"].get<std::string>());
        const auto key = read_key(row["key"]);
        const auto algorithm = parse_algorithm(row["alg"].get<std::string>());
        const auto message = base::hex_decode(row["msg_hex"].get<std::string>());
        const auto signature = base::hex_decode(row["sig_hex"].get<std::string>());
        REQUIRE((algorithm && message && signature));
        const bool good = key && crypto::verify_jose(*key, *algorithm, *message, *signature);
        CHECK(good == row["valid"].get<bool>());
        ++(good ? accepted : refused);
    }
    CHECK(accepted >= 100);
    CHECK(refused >= 100);
}
