// An HTTP response as an ACME server, or who a challenge points at, may send it. First octet: size of the pieces, and
// its high bit whether the request was HEAD.
#include "fuzz/fuzz.h"
#include "fuzz/http_pieces.h"
#include "net/http_response_parser.h"

namespace signet::fuzz {
namespace {

using net::ResponseParser;

constexpr std::size_t k_body_limit = 512;

std::string read(std::string_view stream, std::size_t size, bool head) {
    ResponseParser parser(head, k_body_limit);
    const auto wants_more = [&] {
        return parser.state() == ResponseParser::State::head || parser.state() == ResponseParser::State::body;
    };
    feed_in_pieces(stream, size, [&](std::string_view& waiting) {
        parser.feed(waiting);
        require(waiting.empty() || !wants_more(), "a parser that waits has taken all");
        return wants_more();
    });
    parser.end_of_stream();
    std::string seen = std::to_string(static_cast<int>(parser.state())) + (parser.keep_alive() ? "keep\n" : "close\n");
    if (parser.state() != ResponseParser::State::done) return seen;
    const auto response = parser.take();
    require(response.body.size() <= k_body_limit, "a body is bounded");
    seen += std::to_string(response.status) + "\n";
    for (const auto& [name, value] : response.headers) seen += name + ":" + value + "\n";
    return seen + response.body;
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    const auto first = parts.number();
    const bool head = first >= 128;
    require(read(parts.rest_text(), 0, head) == read(parts.rest_text(), first % 16 + 1, head),
            "pieces make no difference");
}

}  // namespace signet::fuzz
