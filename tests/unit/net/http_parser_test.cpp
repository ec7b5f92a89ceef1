#include "net/http_parser.h"

#include <doctest/doctest.h>

#include "net/http_server.h"

using namespace signet::net;

namespace {

constexpr std::size_t k_body_limit = 1000;

HttpLimits small_limits() {
    HttpLimits limits;
    limits.body_bytes = k_body_limit;
    limits.header_lines = 20;
    limits.header_bytes = 2000;
    return limits;
}

/// The status that a parser fails with, 0 when it takes the request whole, -1 when it waits for more.
int outcome(std::string_view text, std::size_t piece, Request* request = nullptr) {
    static const HttpLimits limits = small_limits();
    RequestParser parser(limits);
    while (!text.empty() && parser.state() != RequestParser::State::failed) {
        std::string_view input = text.substr(0, piece);
        const auto offered = input.size();
        parser.feed(input);
        text.remove_prefix(offered - input.size());
        if (parser.state() == RequestParser::State::done) break;
    }
    if (parser.state() == RequestParser::State::failed) return parser.failure().status;
    if (parser.state() != RequestParser::State::done) return -1;
    if (request != nullptr) *request = parser.take().request;
    return 0;
}

struct Row {
    const char* name;
    std::string text;
    int status;
};

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string post(const std::string& fields, const std::string& body) {
    return "POST /x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }

std::string many_fields(int count) {
    std::string fields;
    for (int i = 0; i < count; ++i) fields += "A: b\r\n";
    return fields;
}

const std::vector<Row> k_refused{
    {"bare LF ends the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
    {"bare LF ends a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
    {"bare LF ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
    {"bare CR within a field", get("A: b\rc\r\n"), 400},
    {"NUL within a field", get(std::string("A: b\0c\r\n", 8)), 400},
    {"DEL within a field", get("A: b\x7f\r\n"), 400},
    {"obs-fold with a space", get("A: b\r\n c\r\n"), 400},
    {"obs-fold with a tab", get("A: b\r\n\tc\r\n"), 400},
    {"space before the colon", get("A : b\r\n"), 400},
    {"no colon", get("abc\r\n"), 400},
    {"empty field name", get(": b\r\n"), 400},
    {"field name with a slash", get("a/b: c\r\n"), 400},
    {"two spaces in the request line", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"tab in the request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"HTTP/0.9", "GET /\r\n", 400},
    {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"version with more digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    {"TLS on the plain port", std::string("\x16\x03\x01\x02\x00\x01\r\n", 8), 400},
    {"two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a method nobody registered", "ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"target without slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target with a fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target with a backslash", "GET /\\x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target with a cut escape", "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target with a wrong escape", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target with an octet above ASCII", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"absolute form of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"absolute form with a user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target too long", "GET /" + std::string(2000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
    {"target without an end", "GET /" + std::string(4000, 'x'), 414},
    {"field too long", get("A: " + std::string(2000, 'x') + "\r\n"), 431},
    {"field without an end", "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(4000, 'x'), 431},
    {"too many fields", get(many_fields(20)), 431},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two Hosts", get("Host: a\r\n"), 400},
    {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
    {"Host with a bad port", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", 400},
    {"Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
    {"Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
    {"POST without a length", post("", ""), 411},
    {"PUT without a length", "PUT / HTTP/1.1\r\nHost: a\r\n\r\n", 411},
    {"negative length", post("Content-Length: -1\r\n", ""), 400},
    {"length with a plus", post("Content-Length: +1\r\n", "x"), 400},
    {"hexadecimal length", post("Content-Length: 0x1\r\n", "x"), 400},
    {"length in words", post("Content-Length: abc\r\n", ""), 400},
    {"empty length", post("Content-Length:\r\n", ""), 400},
    {"length list", post("Content-Length: 1, 1\r\n", "x"), 400},
    {"length twice, equal", post("Content-Length: 1\r\nContent-Length: 1\r\n", "x"), 400},
    {"length twice, different", post("Content-Length: 1\r\nContent-Length: 2\r\n", "x"), 400},
    {"length beyond the limit", post("Content-Length: 1001\r\n", ""), 413},
    {"length beyond 64 bits", post("Content-Length: 99999999999999999999999\r\n", ""), 413},
    {"GET with a length beyond the limit", get("Content-Length: 1001\r\n"), 413},
    {"length and chunked", post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
    {"chunked and length", post("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "0\r\n\r\n"), 400},
    {"chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), 400},
    {"chunked in a list", post("Transfer-Encoding: gzip, chunked\r\n", ""), 400},
    {"gzip as transfer coding", post("Transfer-Encoding: gzip\r\n", ""), 501},
    {"identity as transfer coding", post("Transfer-Encoding: identity\r\n", ""), 501},
    {"xchunked", post("Transfer-Encoding: xchunked\r\n", ""), 501},
    {"empty transfer coding", post("Transfer-Encoding:\r\n", ""), 501},
    {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"gzip body", post("Content-Encoding: gzip\r\nContent-Length: 1\r\n", "x"), 415},
    {"unknown expectation", post("Expect: tea\r\nContent-Length: 1\r\n", "x"), 417},
    {"chunk size is no number", chunked("x\r\n"), 400},
    {"chunk size is empty", chunked("\r\n"), 400},
    {"chunk size with a sign", chunked("+1\r\nx\r\n0\r\n\r\n"), 400},
    {"chunk size with 0x", chunked("0x1\r\nx\r\n0\r\n\r\n"), 400},
    {"chunk size with a space", chunked("1 \r\nx\r\n0\r\n\r\n"), 400},
    {"chunk size that overflows", chunked("10000000000000001\r\n"), 400},
    {"chunk size line with a bare LF", chunked("1\nx\r\n0\r\n\r\n"), 400},
    {"chunk longer than its size", chunked("1\r\nxy\r\n0\r\n\r\n"), 400},
    {"chunk ended by a bare LF", chunked("1\r\nx\n0\r\n\r\n"), 400},
    {"chunk extension without an end", chunked("1;" + std::string(300, 'a')), 400},
    {"chunk extension with a control", chunked("1;a\x01\r\nx\r\n0\r\n\r\n"), 400},
    {"chunk beyond the limit", chunked("3e9\r\n"), 413},
    {"chunks beyond the limit together", chunked("3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n"), 413},
    {"trailer that is no field", chunked("0\r\nabc\r\n\r\n"), 400},
    {"folded trailer", chunked("0\r\nA: b\r\n c\r\n\r\n"), 400},
    {"too many trailers", chunked("0\r\n" + many_fields(21) + "\r\n"), 400},
    {"too large trailers", chunked("0\r\nA: " + std::string(1990, 'x') + "\r\nB: 0123456789\r\n\r\n"), 400},
};

const std::vector<Row> k_incomplete{
    {"nothing", "", -1},
    {"half a line", "GET /", -1},
    {"no empty line", "GET / HTTP/1.1\r\nHost: a\r\n", -1},
    {"half a body", post("Content-Length: 5\r\n", "abc"), -1},
    {"no last chunk", chunked("1\r\nx\r\n"), -1},
    {"no end of trailers", chunked("0\r\n"), -1},
};

struct Accepted {
    const char* name;
    std::string text;
    const char* method;
    const char* path;
    const char* query;
    const char* host;
    const char* body;
};

const std::vector<Accepted> k_accepted{
    {"plain", get(""), "GET", "/", "", "a", ""},
    {"an empty line first", "\r\n" + get(""), "GET", "/", "", "a", ""},
    {"query", "GET /a/b?c=d?e HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/a/b", "c=d?e", "a", ""},
    {"escapes stay", "GET /%2e%2E/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/%2e%2E/", "", "a", ""},
    {"absolute form", "GET http://b:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/x", "y", "b:80", ""},
    {"absolute form without a path", "GET https://b HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", "", "b", ""},
    {"absolute form with only a query", "GET https://b?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", "q", "b", ""},
    {"IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", "GET", "/", "", "[::1]:8443", ""},
    {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "GET", "/", "", "", ""},
    {"HTTP/1.7 is 1.1", "GET / HTTP/1.7\r\nHost: a\r\n\r\n", "GET", "/", "", "a", ""},
    {"body", post("Content-Length: 5\r\n", "hello"), "POST", "/x", "", "a", "hello"},
    {"leading zeros in the length", post("Content-Length: 005\r\n", "hello"), "POST", "/x", "", "a", "hello"},
    {"empty body", post("Content-Length: 0\r\n", ""), "POST", "/x", "", "a", ""},
    {"GET with a body", get("Content-Length: 2\r\n") + "hi", "GET", "/", "", "a", "hi"},
    {"identity body", post("Content-Encoding: identity\r\nContent-Length: 1\r\n", "x"), "POST", "/x", "", "a", "x"},
    {"chunked", chunked("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"), "POST", "/x", "", "a", "hello!"},
    {"chunked in capitals", post("transfer-encoding: CHUNKED\r\n", "a\r\n0123456789\r\n0\r\n\r\n"), "POST", "/x", "",
     "a", "0123456789"},
    {"chunk extension", chunked("5;a=\"b\"\r\nhello\r\n0;x\r\n\r\n"), "POST", "/x", "", "a", "hello"},
    {"trailers", chunked("1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n"), "POST", "/x", "", "a", "x"},
    {"chunk size with zeros", chunked("00000001\r\nx\r\n0000\r\n\r\n"), "POST", "/x", "", "a", "x"},
    {"no white space after the colon", get("A:b\r\n"), "GET", "/", "", "a", ""},
    {"obs-text in a value", get("A: \xe4\r\n"), "GET", "/", "", "a", ""},
};

}  // namespace

TEST_CASE("http_parser: refuses what could be read in two ways") {
    for (const auto& row : k_refused) {
        CAPTURE(row.name);
        CHECK(outcome(row.text, row.text.size()) == row.status);
        CHECK(outcome(row.text, 1) == row.status);
    }
}

TEST_CASE("http_parser: waits for the rest of a request") {
    for (const auto& row : k_incomplete) {
        CAPTURE(row.name);
        CHECK(outcome(row.text, 64) == row.status);
    }
}

TEST_CASE("http_parser: takes a request whole, however its bytes are cut") {
    for (const auto& row : k_accepted) {
        CAPTURE(row.name);
        for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, row.text.size()}) {
            CAPTURE(piece);
            Request request;
            REQUIRE(outcome(row.text, piece, &request) == 0);
            CHECK(request.method == row.method);
            CHECK(request.path == row.path);
            CHECK(request.query == row.query);
            CHECK(request.host == row.host);
            CHECK(request.body == row.body);
        }
    }
}

TEST_CASE("http_parser: leaves what belongs to the next request") {
    const HttpLimits limits = small_limits();
    RequestParser parser(limits);
    const std::string text = post("Content-Length: 2\r\n", "hi") + "GET /next";
    std::string_view input = text;
    parser.feed(input);
    REQUIRE(parser.state() == RequestParser::State::done);
    CHECK(parser.take().request.body == "hi");
    CHECK(input == "GET /next");
    CHECK(parser.state() == RequestParser::State::idle);
}

TEST_CASE("http_parser: tells who wants to close and who waits for 100 Continue") {
    const HttpLimits limits = small_limits();
    const auto head_of = [&](std::string_view text) {
        RequestParser parser(limits);
        parser.feed(text);
        return parser.take();
    };
    CHECK_FALSE(head_of(get("")).close);
    CHECK_FALSE(head_of(get("Connection: keep-alive\r\n")).close);
    CHECK(head_of(get("Connection: Close\r\n")).close);
    CHECK(head_of(get("Connection: foo, close\r\n")).close);
    CHECK(head_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").close);
    CHECK(head_of(post("Expect: 100-Continue\r\nContent-Length: 1\r\n", "x")).expects_continue);
    CHECK_FALSE(head_of("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx").expects_continue);
}
