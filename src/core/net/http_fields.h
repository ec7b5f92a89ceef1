#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace signet::net {

// The small grammar that requests and responses share (RFC 9110 section 5.6, RFC 9112 section 5). Pure functions.

/// RFC 9110 token: a method, a field name.
bool is_token(std::string_view text);
/// No control character but HTAB; octets above 0x7f pass (obs-text).
bool is_field_value(std::string_view text);
/// "Name: value" without its line end. nullopt for white space before the colon, an empty name, obs-fold, controls.
std::optional<std::pair<std::string, std::string>> parse_field_line(std::string_view line);
/// 1*DIGIT, at most 15 of them, so that sums never overflow.
std::optional<std::uint64_t> parse_length(std::string_view text);
/// Is `member` in the comma-separated list, without regard to case?
bool list_has(std::string_view list, std::string_view member);

/// One line that may come in pieces. Nothing beyond `limit` octets is kept.
class LineBuffer {
public:
    enum class Result { more, line, too_long, bad };
    /// Takes up to and including the next LF off the front of `input`. bad: a bare LF unless `bare_lf` allows it.
    Result feed(std::string_view& input, std::size_t limit, bool bare_lf = false);
    /// The line without its end; good until clear().
    std::string_view line() const { return line_; }
    bool empty() const { return line_.empty(); }
    void clear();

private:
    std::string line_;
};

}  // namespace signet::net
