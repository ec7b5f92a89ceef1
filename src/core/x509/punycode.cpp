#include "x509/punycode.h"

namespace signet::x509::punycode {
namespace {

// The parameters of RFC 3492 section 5.
constexpr std::uint32_t k_base = 36, k_tmin = 1, k_tmax = 26, k_skew = 38, k_damp = 700;
constexpr std::uint32_t k_initial_bias = 72, k_initial_n = 128;
constexpr std::uint32_t k_last_code_point = 0x10ffff;
constexpr std::size_t k_longest_label = 63;

bool is_scalar(std::uint32_t c) { return c <= k_last_code_point && (c < 0xd800 || c > 0xdfff); }

std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) {
    delta = first ? delta / k_damp : delta / 2;
    delta += delta / points;
    std::uint32_t k = 0;
    for (; delta > (k_base - k_tmin) * k_tmax / 2; k += k_base) delta /= k_base - k_tmin;
    return k + (k_base - k_tmin + 1) * delta / (delta + k_skew);
}

std::uint32_t threshold(std::uint32_t k, std::uint32_t bias) {
    if (k <= bias + k_tmin) return k_tmin;
    return k >= bias + k_tmax ? k_tmax : k - bias;
}

std::optional<std::uint32_t> digit_value(char c) {
    if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a');
    if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 26);
    return std::nullopt;
}

char digit(std::uint32_t value) { return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26)); }

void put_variable(std::string& out, std::uint32_t value, std::uint32_t bias) {
    for (std::uint32_t k = k_base;; k += k_base) {
        const std::uint32_t t = threshold(k, bias);
        if (value < t) break;
        out += digit(t + (value - t) % (k_base - t));
        value = (value - t) / (k_base - t);
    }
    out += digit(value);
}

}  // namespace

std::optional<std::u32string> decode(std::string_view text) {
    if (text.size() > k_longest_label) return std::nullopt;
    std::u32string out;
    std::size_t at = 0;
    if (const std::size_t dash = text.rfind('-'); dash != std::string_view::npos) {
        if (dash == 0) return std::nullopt;
        for (const char c : text.substr(0, dash)) out += static_cast<char32_t>(static_cast<unsigned char>(c));
        at = dash + 1;
    }
    std::uint64_t n = k_initial_n, i = 0;
    std::uint32_t bias = k_initial_bias;
    while (at < text.size()) {
        const std::uint64_t before = i;
        std::uint64_t weight = 1;
        for (std::uint32_t k = k_base;; k += k_base) {
            if (at == text.size()) return std::nullopt;
            const auto value = digit_value(text[at++]);
            if (!value) return std::nullopt;
            i += *value * weight;
            const std::uint32_t t = threshold(k, bias);
            if (*value < t) break;
            weight *= k_base - t;
            if (i > UINT32_MAX || weight > UINT32_MAX) return std::nullopt;
        }
        if (i > UINT32_MAX) return std::nullopt;
        const auto points = static_cast<std::uint32_t>(out.size() + 1);
        bias = adapt(static_cast<std::uint32_t>(i - before), points, before == 0);
        n += i / points;
        i %= points;
        if (n > k_last_code_point || !is_scalar(static_cast<std::uint32_t>(n))) return std::nullopt;
        out.insert(out.begin() + static_cast<std::ptrdiff_t>(i), static_cast<char32_t>(n));
        ++i;
    }
    return out;
}

std::optional<std::string> encode(std::u32string_view label) {
    if (label.size() > k_longest_label) return std::nullopt;
    std::string out;
    for (const char32_t c : label) {
        if (c < k_initial_n) out += static_cast<char>(c);
    }
    const auto basic = static_cast<std::uint32_t>(out.size());
    if (basic != 0) out += '-';
    std::uint64_t delta = 0;
    std::uint32_t n = k_initial_n, bias = k_initial_bias;
    for (std::uint32_t done = basic; done < label.size(); ++n) {
        std::uint32_t next = UINT32_MAX;
        for (const char32_t c : label) {
            if (c >= n && c < next) next = c;
        }
        delta += static_cast<std::uint64_t>(next - n) * (done + 1);
        n = next;
        if (delta > UINT32_MAX) return std::nullopt;
        for (const char32_t c : label) {
            if (c < n) ++delta;
            if (c != n) continue;
            put_variable(out, static_cast<std::uint32_t>(delta), bias);
            bias = adapt(static_cast<std::uint32_t>(delta), done + 1, done == basic);
            delta = 0;
            ++done;
        }
        ++delta;
    }
    return out;
}

std::optional<std::u32string> from_utf8(std::string_view text) {
    std::u32string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i++]);
        if (lead < 0x80) {
            out += static_cast<char32_t>(lead);
            continue;
        }
        const int more = lead >= 0xf0 && lead < 0xf5 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead >= 0xf5 || text.size() - i < static_cast<std::size_t>(more)) return std::nullopt;
        std::uint32_t c = lead & (0x3fu >> more);
        for (int k = 0; k < more; ++k, ++i) {
            const auto next = static_cast<unsigned char>(text[i]);
            if ((next & 0xc0) != 0x80) return std::nullopt;
            c = c << 6 | (next & 0x3fu);
        }
        const std::uint32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
        if (c < least || !is_scalar(c)) return std::nullopt;
        out += static_cast<char32_t>(c);
    }
    return out;
}

}  // namespace signet::x509::punycode
