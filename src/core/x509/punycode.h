#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::x509::punycode {

/// RFC 3492, without the "xn--". At most 63 characters in, so that work is bounded by the length of a label.
std::optional<std::u32string> decode(std::string_view text);
std::optional<std::string> encode(std::u32string_view label);

/// Strict UTF-8 (no overlong forms, no surrogates); nullopt otherwise.
std::optional<std::u32string> from_utf8(std::string_view text);

}  // namespace signet::x509::punycode
