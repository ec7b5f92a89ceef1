#include "jose/flattened.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "jose/plain_reader.h"

namespace signet::jose {
namespace {

using base::Json;

constexpr base::JsonLimits k_body_limits = {.depth = 4, .size = 256 << 10};   // a CSR of 100 names has some 10 kB
constexpr base::JsonLimits k_header_limits = {.depth = 4, .size = 16 << 10};  // the JWK of RSA-4096 has 0.8 kB

base::Bytes decode(std::string_view text, const char* member, std::string_view what) {
    auto bytes = base::base64url_decode(text);
    if (!bytes) refuse_jws(what, std::string("\"") + member + "\" is not base64url without padding");
    return std::move(*bytes);
}

void check_top_members(const Json& body, std::string_view what) {
    if (!body.is_object()) refuse_jws(what, "not a JSON object");
    for (const auto& [name, value] : body.items()) {
        if (name == "protected" || name == "payload" || name == "signature") continue;
        if (name == "signatures") refuse_jws(what, "several signatures; the flattened form has one");
        if (name == "header") refuse_jws(what, "an unprotected header");
        refuse_jws(what, "an unknown member \"" + base::printable(name, 60) + '"');
    }
}

// An extension that must be understood is one more thing to get wrong, and ACME needs none (RFC 7515 section 4.1.11).
void check_extensions(const Json& header, std::string_view what) {
    for (const char* member : {"crit", "b64"}) {
        if (header.contains(member)) {
            refuse_jws(what, std::string("the header member \"") + member + "\" is not supported");
        }
    }
}

/// protected, payload and signature of a body that has nothing else, each once and in base64url's characters: all of a
/// good client's. The general parser, four times as slow, looks at the others and says what is wrong.
std::optional<std::array<std::string_view, 3>> read_plain(std::string_view body) {
    return PlainReader(body).take_object<3>({"protected", "payload", "signature"}, k_base64url);
}

}  // namespace

void refuse_jws(std::string_view what, std::string why) {
    throw base::Error(base::Kind::malformed, std::string(what) + ": " + std::move(why));
}

Flattened parse_flattened(std::string_view body, std::string_view what) {
    Flattened parts;
    if (const auto plain = body.size() <= k_body_limits.size ? read_plain(body) : std::nullopt) {
        parts.protected_b64url = (*plain)[0];
        parts.payload_b64url = (*plain)[1];
        parts.signature = decode((*plain)[2], "signature", what);
        parts.payload = decode(parts.payload_b64url, "payload", what);
        return parts;
    }
    const Json json = base::parse_json(body, what, k_body_limits);
    check_top_members(json, what);
    parts.protected_b64url = base::json_string(json, "protected", what);
    parts.payload_b64url = base::json_string(json, "payload", what);
    parts.signature = decode(base::json_string(json, "signature", what), "signature", what);
    parts.payload = decode(parts.payload_b64url, "payload", what);
    return parts;
}

base::Bytes header_text(const Flattened& parts, std::string_view what) {
    return decode(parts.protected_b64url, "protected", what);
}

Json parse_header(const Flattened& parts, std::string_view what) {
    const base::Bytes text = header_text(parts, what);
    auto header = base::parse_json(base::text_of(text), "the protected header", k_header_limits);
    check_extensions(header, what);
    return header;
}

std::string signing_input(std::string_view protected_b64url, std::string_view payload_b64url) {
    std::string input;
    input.reserve(protected_b64url.size() + payload_b64url.size() + 1);
    input += protected_b64url;
    input += '.';
    input += payload_b64url;
    return input;
}

std::string flattened_text(std::string_view protected_b64url, std::string_view payload_b64url,
                           std::string_view signature_b64url) {
    std::string text = R"({"protected":")";
    text += protected_b64url;
    text += R"(","payload":")";
    text += payload_b64url;
    text += R"(","signature":")";
    text += signature_b64url;
    return text + "\"}";
}

}  // namespace signet::jose
