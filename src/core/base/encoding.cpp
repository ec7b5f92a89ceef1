#include "base/encoding.h"

#include <array>

#include "base/text.h"

namespace signet::base {
namespace {

constexpr std::string_view k_hex = "0123456789abcdef";
constexpr std::string_view k_standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view k_url_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t k_invalid = 0xff;
using Table = std::array<std::uint8_t, 256>;

constexpr Table reverse(std::string_view alphabet) {
    Table table{};
    table.fill(k_invalid);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return table;
}

constexpr Table k_standard_values = reverse(k_standard);
constexpr Table k_url_safe_values = reverse(k_url_safe);

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string encode(ByteView bytes, std::string_view alphabet, bool pad) {
    const std::size_t rest = bytes.size() % 3;
    std::string out(bytes.size() / 3 * 4 + (rest == 0 ? 0 : pad ? 4 : rest + 1), '=');
    char* to = out.data();
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const auto group = static_cast<unsigned>(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]);
        for (const int shift : {18, 12, 6, 0}) *to++ = alphabet[group >> shift & 63];
    }
    if (rest == 0) return out;
    const auto group = static_cast<unsigned>(bytes[i] << 16 | (rest == 2 ? bytes[i + 1] << 8 : 0));
    *to++ = alphabet[group >> 18 & 63];
    *to++ = alphabet[group >> 12 & 63];
    if (rest == 2) *to++ = alphabet[group >> 6 & 63];
    return out;
}

/// `text` has neither padding nor white space.
std::optional<Bytes> decode(std::string_view text, const Table& values) {
    if (text.size() % 4 == 1) return std::nullopt;
    const std::size_t rest = text.size() % 4;
    Bytes out(text.size() / 4 * 3 + (rest == 0 ? 0 : rest - 1));
    const auto value = [&](std::size_t i) { return unsigned{values[static_cast<unsigned char>(text[i])]}; };
    std::uint8_t* to = out.data();
    unsigned seen = 0;  // a value that is none has bits that no other has
    std::size_t i = 0;
    for (; i + 4 <= text.size(); i += 4) {
        const unsigned a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
        seen |= a | b | c | d;
        const unsigned group = a << 18 | b << 12 | c << 6 | d;
        *to++ = static_cast<std::uint8_t>(group >> 16);
        *to++ = static_cast<std::uint8_t>(group >> 8);
        *to++ = static_cast<std::uint8_t>(group);
    }
    if (rest != 0) {
        const unsigned a = value(i), b = value(i + 1), c = rest == 3 ? value(i + 2) : 0;
        seen |= a | b | c;
        const unsigned group = a << 12 | b << 6 | c;
        *to++ = static_cast<std::uint8_t>(group >> 10);
        if (rest == 3) *to++ = static_cast<std::uint8_t>(group >> 2);
        // Two texts must not mean the same bytes.
        if ((group & (rest == 3 ? 0x3U : 0x3ffU)) != 0) return std::nullopt;
    }
    if ((seen & ~63U) != 0) return std::nullopt;
    return out;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

std::string hex_encode(ByteView bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        out += k_hex[byte >> 4];
        out += k_hex[byte & 15];
    }
    return out;
}

std::optional<Bytes> hex_decode(std::string_view text) {
    Bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        if (i > 0 && text[i] == ':') ++i;
        if (i + 2 > text.size()) return std::nullopt;
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return out;
}

std::string base64_encode(ByteView bytes) { return encode(bytes, k_standard, true); }

std::optional<Bytes> base64_decode(std::string_view text, bool skip_space) {
    std::string dense;
    if (skip_space) {
        dense.reserve(text.size());
        for (const char c : text) {
            if (!is_space(c)) dense += c;
        }
        text = dense;
    }
    if (text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    return decode(text, k_standard_values);
}

std::string base64url_encode(ByteView bytes) { return encode(bytes, k_url_safe, false); }

std::optional<Bytes> base64url_decode(std::string_view text) { return decode(text, k_url_safe_values); }

std::string percent_encode(std::string_view text, bool (*keep)(char)) {
    std::string out;
    for (const char c : text) {
        if (keep(c)) {
            out += c;
            continue;
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return out;
}

}  // namespace signet::base
