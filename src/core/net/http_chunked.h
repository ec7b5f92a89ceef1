#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http_fields.h"

namespace signet::net {

/// The chunked transfer coding (RFC 9112 section 7.1), decoded as it comes in. Strict: 1 to 8 hexadecimal digits, CRLF
/// line ends; extensions are bounded and ignored, trailers are checked, bounded and dropped.
class ChunkedDecoder {
public:
    struct Limits {
        std::size_t body;      // of the decoded body
        std::size_t overhead;  // extensions and trailers together
        std::size_t trailer_lines;
    };
    enum class State { more, done, malformed, too_large };

    explicit ChunkedDecoder(const Limits& limits) : limits_(limits) {}
    /// Takes what belongs to the body off the front of `input` and appends the decoded part to `body`.
    State feed(std::string_view& input, std::string& body);

private:
    enum class Expect { size, octets, end_of_chunk, trailer };
    State read_line(std::string_view& input);
    State on_size(std::size_t decoded);
    State on_trailer();

    Limits limits_;
    Expect expect_ = Expect::size;
    LineBuffer line_;
    std::uint64_t left_ = 0;
    std::size_t decoded_ = 0;
    std::size_t overhead_ = 0;
    std::size_t trailers_ = 0;
};

}  // namespace signet::net
