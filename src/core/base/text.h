#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signet::base {

/// ASCII only: locale never changes what a name means.
std::string lower(std::string_view text);
bool iequals(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);
/// "a,b,,c" by ',' gives a, b, "", c; "" gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> pieces, std::string_view separator);
bool is_digits(std::string_view text);
/// Appends the number, with zeros before it up to `width` digits.
void append_number(std::string& out, unsigned value, std::size_t width);

/// The word nearest to `word` (Damerau-Levenshtein), when near enough to be meant. For "did you mean".
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> words);

/// Printable ASCII, everything else as \xNN: what outsiders sent, made fit for a log line or a terminal.
std::string printable(std::string_view text, std::size_t limit = 200);

/// Splits as a shell splits words and quotes ('…', "…", \x), and expands nothing. Throws bad_input for an open quote.
std::vector<std::string> split_command(std::string_view text);

}  // namespace signet::base
