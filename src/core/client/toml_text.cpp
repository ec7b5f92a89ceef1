#include "client/toml_text.h"

namespace signet::client {
namespace {

std::string quoted(std::string_view text) {
    constexpr std::string_view k_hex = "0123456789ABCDEF";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += k_hex[byte >> 4];
            out += k_hex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace

void append_toml(std::string& out, std::string_view key, std::string_view value) {
    if (value.empty()) return;
    out.append(key).append(" = ").append(quoted(value)).append("\n");
}

void append_toml(std::string& out, std::string_view key, std::span<const std::string> values) {
    if (values.empty()) return;
    out.append(key).append(" = [");
    for (std::size_t i = 0; i < values.size(); ++i) out.append(i == 0 ? "" : ", ").append(quoted(values[i]));
    out.append("]\n");
}

void append_toml(std::string& out, std::string_view key, long value) {
    out.append(key).append(" = ").append(std::to_string(value)).append("\n");
}

void append_toml_flag(std::string& out, std::string_view key, bool value) {
    if (value) out.append(key).append(" = true\n");
}

}  // namespace signet::client
