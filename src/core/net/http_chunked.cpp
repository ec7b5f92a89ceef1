#include "net/http_chunked.h"

#include <algorithm>

namespace signet::net {

// A size line: 8 digits, and extensions that nobody we know of uses.
constexpr std::size_t k_size_line = 256;
constexpr std::size_t k_size_digits = 8;
constexpr std::size_t k_trailer_line = 4096;

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

ChunkedDecoder::State ChunkedDecoder::feed(std::string_view& input, std::string& body) {
    while (!input.empty()) {
        if (expect_ == Expect::octets) {
            const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
            body.append(input.substr(0, taken));
            input.remove_prefix(taken);
            decoded_ += taken;
            left_ -= taken;
            if (left_ == 0) expect_ = Expect::end_of_chunk;
            continue;
        }
        if (const auto state = read_line(input); state != State::more) return state;
    }
    return State::more;
}

ChunkedDecoder::State ChunkedDecoder::read_line(std::string_view& input) {
    const auto limit = expect_ == Expect::trailer ? k_trailer_line : k_size_line;
    switch (line_.feed(input, limit)) {
        case LineBuffer::Result::more:
            return State::more;
        case LineBuffer::Result::line:
            break;
        case LineBuffer::Result::too_long:
        case LineBuffer::Result::bad:
            return State::malformed;
    }
    auto state = State::more;
    if (expect_ == Expect::size) {
        state = on_size(decoded_);
    } else if (expect_ == Expect::trailer) {
        state = on_trailer();
    } else if (line_.empty()) {
        expect_ = Expect::size;
    } else {
        state = State::malformed;
    }
    line_.clear();
    return state;
}

ChunkedDecoder::State ChunkedDecoder::on_size(std::size_t decoded) {
    const auto line = line_.line();
    std::size_t digits = 0;
    std::uint64_t size = 0;
    for (; digits < line.size() && hex_digit(line[digits]) >= 0; ++digits) {
        if (digits == k_size_digits) return State::malformed;
        size = size * 16 + static_cast<std::uint64_t>(hex_digit(line[digits]));
    }
    const auto extension = line.substr(digits);
    if (digits == 0 || (!extension.empty() && extension.front() != ';') || !is_field_value(extension)) {
        return State::malformed;
    }
    overhead_ += extension.size();
    if (overhead_ > limits_.overhead) return State::malformed;
    if (size > limits_.body - decoded) return State::too_large;
    left_ = size;
    expect_ = size == 0 ? Expect::trailer : Expect::octets;
    return State::more;
}

ChunkedDecoder::State ChunkedDecoder::on_trailer() {
    if (line_.empty()) return State::done;
    overhead_ += line_.line().size();
    if (++trailers_ > limits_.trailer_lines || overhead_ > limits_.overhead) return State::malformed;
    return parse_field_line(line_.line()) ? State::more : State::malformed;
}

}  // namespace signet::net
