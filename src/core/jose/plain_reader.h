#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace signet::jose {

/// Which octets a string may have.
using Octets = std::array<bool, 256>;

constexpr Octets k_base64url = [] {
    Octets octets{};
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
        octets[static_cast<unsigned char>(c)] = true;
    }
    return octets;
}();

/// Printable ASCII that means itself in JSON.
constexpr Octets k_unescaped = [] {
    Octets octets{};
    for (unsigned c = 0x20; c < 0x7f; ++c) octets[c] = c != '"' && c != '\\';
    return octets;
}();

/// Reads JSON the way clients write it: an object of strings without escapes. What it does not know is "no": then the
/// general parser, four times as slow, looks at all of it and says what is wrong, if anything is.
class PlainReader {
public:
    explicit PlainReader(std::string_view text) : rest_(text) {}
    /// All of an object that has just these members, in any order, each once; their values in the order of `names`.
    template <std::size_t Size>
    std::optional<std::array<std::string_view, Size>> take_object(const std::array<std::string_view, Size>& names,
                                                                  const Octets& allowed) {
        std::array<std::optional<std::string_view>, Size> found;
        for (std::size_t i = 0; i < Size; ++i) {
            if (!take(i == 0 ? '{' : ',')) return std::nullopt;
            const auto name = take_string(allowed);
            const auto row = name ? std::ranges::find(names, *name) : names.end();
            if (row == names.end() || !take(':')) return std::nullopt;
            auto& value = found.at(static_cast<std::size_t>(row - names.begin()));
            if (value || !(value = take_string(allowed))) return std::nullopt;
        }
        if (!take('}') || !at_end()) return std::nullopt;
        std::array<std::string_view, Size> values;
        std::ranges::transform(found, values.begin(), [](const auto& value) { return *value; });
        return values;
    }

private:
    bool at_end() {
        skip_space();
        return rest_.empty();
    }
    bool take(char wanted) {
        skip_space();
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::optional<std::string_view> take_string(const Octets& allowed) {
        if (!take('"')) return std::nullopt;
        const auto end =
            std::ranges::find_if_not(rest_, [&](char c) { return allowed[static_cast<unsigned char>(c)]; });
        const auto text = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(text.size());
        return rest_.starts_with('"') && take('"') ? std::optional(text) : std::nullopt;
    }
    void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
    std::string_view rest_;
};

}  // namespace signet::jose
