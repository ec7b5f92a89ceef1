#include "jose/flattened.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"

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

constexpr std::array<bool, 256> k_is_plain = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

/// Reads a body the way clients write it: an object of strings without escapes. What it does not know is "no".
class PlainReader {
public:
    explicit PlainReader(std::string_view text) : rest_(text) {}
    bool take(char wanted) {
        skip_space();
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::optional<std::string_view> take_string() {
        if (!take('"')) return std::nullopt;
        const auto end =
            std::ranges::find_if_not(rest_, [](char c) { return k_is_plain[static_cast<unsigned char>(c)]; });
        const auto text = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(text.size());
        return rest_.starts_with('"') && take('"') ? std::optional(text) : std::nullopt;
    }
    bool at_end() {
        skip_space();
        return rest_.empty();
    }

private:
    void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
    std::string_view rest_;
};

/// protected, payload and signature of a body that has nothing else, each once and in base64url's characters: all of a
/// good client's. The general parser, four times as slow, looks at the others and says what is wrong.
std::optional<std::array<std::string_view, 3>> read_plain(std::string_view body) {
    constexpr std::array<std::string_view, 3> names{"protected", "payload", "signature"};
    std::array<std::optional<std::string_view>, 3> values;
    PlainReader reader(body);
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!reader.take(i == 0 ? '{' : ',')) return std::nullopt;
        const auto name = reader.take_string();
        const auto row = name ? std::ranges::find(names, *name) : names.end();
        if (row == names.end() || !reader.take(':')) return std::nullopt;
        auto& value = values.at(static_cast<std::size_t>(row - names.begin()));
        if (value || !(value = reader.take_string())) return std::nullopt;
    }
    if (!reader.take('}') || !reader.at_end()) return std::nullopt;
    return std::array{*values[0], *values[1], *values[2]};
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

Json parse_header(const Flattened& parts, std::string_view what) {
    const base::Bytes text = decode(parts.protected_b64url, "protected", what);
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
