#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/error.h"

namespace signet::base {
namespace {

char lower_char(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Damerau-Levenshtein distance (adjacent transpositions, each place edited once), over three rolling rows.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

/// Whether a backslash escapes what follows: never in single quotes, only these four in double quotes.
bool escapes(char quote, std::string_view following) {
    if (quote == '"')
        return !following.empty() && std::string_view("\"\\$`").find(following.front()) != std::string_view::npos;
    return quote == 0;
}

}  // namespace

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower_char);
    return out;
}

bool iequals(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower_char, lower_char); }

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    for (;;) {
        const std::size_t end = text.find(separator);
        pieces.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return pieces;
        text.remove_prefix(end + 1);
    }
}

std::string join(std::span<const std::string> pieces, std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i > 0) out += separator;
        out += pieces[i];
    }
    return out;
}

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void append_number(std::string& out, unsigned value, std::size_t width) {
    std::array<char, 10> digits{};
    const auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const auto size = static_cast<std::size_t>(end - digits.data());
    if (size < width) out.append(width - size, '0');
    out.append(digits.data(), size);
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> words) {
    constexpr std::size_t k_longest = 64;  // the work grows with the product of the lengths
    if (word.size() > k_longest) return std::nullopt;
    const std::size_t near_enough = std::max<std::size_t>(1, word.size() / 3);
    std::optional<std::string> best;
    std::size_t best_distance = near_enough + 1;
    for (const std::string& candidate : words) {
        if (candidate.size() > k_longest) continue;
        const std::size_t found = distance(lower(word), lower(candidate));
        if (found >= best_distance) continue;
        best_distance = found;
        best = candidate;
    }
    return best;
}

std::string printable(std::string_view text, std::size_t limit) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto shown = text.substr(0, limit);
    const auto plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; };
    std::string out;
    out.reserve(shown.size());
    for (const auto *at = shown.data(), *end = at + shown.size(); at != end;) {
        const auto* next = std::find_if_not(at, end, plain);
        out.append(at, next);
        if ((at = next) == end) break;
        const auto byte = static_cast<unsigned char>(*at++);
        out += "\\x";
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    if (text.size() > limit) out += "...";
    return out;
}

std::vector<std::string> split_command(std::string_view text) {
    std::vector<std::string> words;
    std::optional<std::string> word;  // there once a character or a quote was met: '' is a word
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' && escapes(quote, text.substr(i + 1))) {
            if (++i == text.size()) throw Error(Kind::bad_input, "a backslash ends the command: " + printable(text));
            word = word.value_or("") + text[i];
        } else if (quote == 0 ? c == '\'' || c == '"' : c == quote) {
            quote = quote == 0 ? c : '\0';
            word = word.value_or("");
        } else if (quote == 0 && is_space(c)) {
            if (word) words.push_back(std::move(*word));
            word.reset();
        } else {
            word = word.value_or("") + c;
        }
    }
    if (quote != 0) throw Error(Kind::bad_input, "an open quote in the command: " + printable(text), "close the quote");
    if (word) words.push_back(std::move(*word));
    return words;
}

}  // namespace signet::base
