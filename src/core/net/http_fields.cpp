#include "net/http_fields.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace signet::net {

namespace {

using Octets = std::array<bool, 256>;

constexpr Octets k_token = [] {
    constexpr std::string_view punctuation = "!#$%&'*+-.^_`|~";
    Octets octets{};
    for (unsigned c = 1; c < 0x7f; ++c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
        octets[c] = letter || digit || punctuation.find(static_cast<char>(c)) != std::string_view::npos;
    }
    return octets;
}();

constexpr Octets k_field_value = [] {
    Octets octets{};
    for (unsigned c = 0; c < octets.size(); ++c) octets[c] = c == '\t' || (c >= 0x20 && c != 0x7f);
    return octets;
}();

bool has_only(std::string_view text, const Octets& octets) {
    return std::all_of(text.begin(), text.end(), [&](char c) { return octets[static_cast<unsigned char>(c)]; });
}

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && has_only(text, k_token); }

bool is_field_value(std::string_view text) { return has_only(text, k_field_value); }

static std::string_view trim_space(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<std::pair<std::string, std::string>> parse_field_line(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto name = line.substr(0, colon);
    const auto value = trim_space(line.substr(colon + 1));
    if (!is_token(name) || !is_field_value(value)) return std::nullopt;
    return std::pair{std::string(name), std::string(value)};
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
    constexpr std::size_t k_digits = 15;
    if (text.size() > k_digits || !base::is_digits(text) || text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    return value;
}

bool list_has(std::string_view list, std::string_view member) {
    for (const auto piece : base::split(list, ',')) {
        if (base::iequals(trim_space(piece), member)) return true;
    }
    return false;
}

LineBuffer::Result LineBuffer::feed(std::string_view& input, std::size_t limit, bool bare_lf) {
    const auto end = input.find('\n');
    const auto taken = end == std::string_view::npos ? input.size() : end + 1;
    if (line_.size() + taken > limit) return Result::too_long;
    line_.append(input.substr(0, taken));
    input.remove_prefix(taken);
    if (end == std::string_view::npos) return Result::more;
    line_.pop_back();
    if (!line_.empty() && line_.back() == '\r') {
        line_.pop_back();
        return Result::line;
    }
    return bare_lf ? Result::line : Result::bad;
}

void LineBuffer::clear() {
    // A connection at rest keeps no heap memory: 20,000 of them would otherwise hold on to what they once needed.
    std::string().swap(line_);
}

}  // namespace signet::net
