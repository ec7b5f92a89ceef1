#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace signet::base {

/// Lower-case hex without separators.
std::string hex_encode(ByteView bytes);
/// Any case, colons between bytes allowed ("0a:1B"); nullopt for anything else.
std::optional<Bytes> hex_decode(std::string_view text);

/// RFC 4648 section 4, padded.
std::string base64_encode(ByteView bytes);
/// Strict: canonical padding and trailing bits; white space is skipped only when `skip_space`. nullopt otherwise.
std::optional<Bytes> base64_decode(std::string_view text, bool skip_space = false);

/// RFC 7515 section 2: RFC 4648 section 5 without padding.
std::string base64url_encode(ByteView bytes);
/// Strict: no padding, no white space, no stray trailing bits (RFC 8555 section 6.1). nullopt otherwise.
std::optional<Bytes> base64url_decode(std::string_view text);

/// Percent-encodes every byte for which `keep` is false, as %XX in upper case.
std::string percent_encode(std::string_view text, bool (*keep)(char));
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace signet::base
