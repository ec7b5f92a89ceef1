#include "net/http_response_parser.h"

#include <doctest/doctest.h>

using namespace signet::net;

namespace {

using State = ResponseParser::State;

constexpr std::size_t k_limit = 20;

struct Row {
    const char* name;
    std::string text;
    State state;  // at the end of the stream
    int status = 0;
    const char* body = "";
    bool keep_alive = false;
    bool head = false;
};

const std::vector<Row> k_rows{
    {"length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", State::done, 200, "hi", true},
    {"no reason", "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", State::done, 404, "", true},
    {"bare LF", "HTTP/1.0 200 OK\nContent-Length: 2\n\nhi", State::done, 200, "hi", false},
    {"until the end", "HTTP/1.1 200 OK\r\n\r\nhi", State::done, 200, "hi", false},
    {"close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", State::done, 200, "hi", false},
    {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", State::done, 200, "hi",
     true},
    {"chunked beats length",
     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", State::done, 200,
     "hi", true},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", State::done, 204, "", true},
    {"to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", State::done, 200, "", true, true},
    {"100 first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", State::done, 200, "hi",
     true},
    {"equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", State::done, 200, "hi",
     true},
    {"different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", State::malformed},
    {"cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", State::malformed},
    {"cut in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi", State::malformed},
    {"cut in the head", "HTTP/1.1 200 OK\r\nContent-Le", State::malformed},
    {"nothing", "", State::malformed},
    {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", State::malformed},
    {"HTTP/2", "HTTP/2 200 OK\r\n\r\n", State::malformed},
    {"101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", State::malformed},
    {"odd coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", State::malformed},
    {"length too large", "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n", State::too_large},
    {"chunks too large", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n", State::too_large},
    {"endless body", "HTTP/1.1 200 OK\r\n\r\n" + std::string(21, 'x'), State::too_large},
    {"endless head", "HTTP/1.1 200 OK\r\nA: " + std::string(70000, 'x'), State::malformed},
};

}  // namespace

TEST_CASE("http_response_parser: answers good and bad, however their bytes are cut") {
    for (const auto& row : k_rows) {
        CAPTURE(row.name);
        for (const std::size_t piece : {std::size_t{1}, std::size_t{100000}}) {
            ResponseParser parser(row.head, k_limit);
            std::string_view text = row.text;
            while (!text.empty() && (parser.state() == State::head || parser.state() == State::body)) {
                auto input = text.substr(0, piece);
                const auto offered = input.size();
                parser.feed(input);
                text.remove_prefix(offered - input.size());
            }
            if (parser.state() == State::head || parser.state() == State::body) parser.end_of_stream();
            CHECK(parser.state() == row.state);
            if (row.state != State::done) continue;
            CHECK(parser.keep_alive() == row.keep_alive);
            const auto response = parser.take();
            CHECK(response.status == row.status);
            CHECK(response.body == row.body);
        }
    }
}
