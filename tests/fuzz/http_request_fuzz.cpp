// A stream of HTTP requests, chunked bodies among them. However it is cut into pieces, the same requests come out: the
// first octet is the size of the pieces.
#include "fuzz/fuzz.h"
#include "fuzz/http_pieces.h"
#include "net/http_parser.h"

namespace signet::fuzz {
namespace {

using net::RequestParser;

constexpr net::HttpLimits k_limits{.header_bytes = 1024, .header_lines = 10, .body_bytes = 512};

std::string describe(const net::RequestHead& head) {
    const auto& request = head.request;
    std::string text = request.method + " " + request.path + "?" + request.query + " " + request.host + "\n";
    for (const auto& [name, value] : request.headers) text += name + ":" + value + "\n";
    return text + (head.close ? "close" : "keep") + "\n" + request.body + "\n";
}

void check(const net::RequestHead& head) {
    require(head.request.body.size() <= k_limits.body_bytes, "a body is bounded");
    require(head.request.headers.size() <= k_limits.header_lines, "headers are bounded");
    require(net::is_authority(head.request.host) || head.request.host.empty(), "a host is one");
    require(!head.length || !head.chunked, "one framing");
    for (const auto& [name, value] : head.request.headers) {
        require(net::is_token(name) && net::is_field_value(value), "a field has the syntax of one");
    }
}

std::string read(std::string_view stream, std::size_t size) {
    RequestParser parser(k_limits);
    std::string seen;
    feed_in_pieces(stream, size, [&](std::string_view& waiting) {
        while (!waiting.empty()) {
            const auto before = waiting.size();
            parser.feed(waiting);
            if (parser.state() == RequestParser::State::failed) {
                seen += "failed " + std::to_string(parser.failure().status);
                return false;
            }
            if (parser.state() != RequestParser::State::done) {
                require(waiting.empty(), "a parser that waits has taken all");
                break;
            }
            require(waiting.size() < before, "a request takes bytes");
            const auto head = parser.take();
            check(head);
            seen += describe(head);
        }
        return true;
    });
    return seen;
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    const auto size = parts.number() % 16 + 1;
    const auto stream = parts.rest_text();
    require(read(stream, 0) == read(stream, size), "pieces make no difference");
}

}  // namespace signet::fuzz
