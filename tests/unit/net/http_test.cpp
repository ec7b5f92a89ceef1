#include "net/http.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "net/http_writer.h"

using namespace signet;
using namespace signet::net;

TEST_CASE("http: header names compare without case") {
    const Headers headers{{"Content-Type", "a"}, {"link", "b"}};
    CHECK(*find_header(headers, "CONTENT-TYPE") == "a");
    CHECK(*find_header(headers, "Link") == "b");
    CHECK(find_header(headers, "Content") == nullptr);
}

TEST_CASE("http: set replaces, add appends, neither takes a line break") {
    Response response = Response::text(200, "x");
    response.set("content-type", "a/b");
    response.add("Link", "1");
    response.add("Link", "2");
    CHECK(response.headers == Headers{{"content-type", "a/b"}, {"Link", "1"}, {"Link", "2"}});
    CHECK_THROWS_AS(response.set("A", "b\r\nC: d"), base::Error);
    CHECK_THROWS_AS(response.add("A", "b\nC: d"), base::Error);
    CHECK_THROWS_AS(response.add("A: b\r\nC", "d"), base::Error);
}

TEST_CASE("http_writer: framing is the writer's alone") {
    Response response = Response::text(200, "hello");
    response.headers.emplace_back("Content-Length", "99");
    response.headers.emplace_back("Transfer-Encoding", "chunked");
    response.headers.emplace_back("X", "split\r\nY: z");
    CHECK(serialize(response, {}, 784111777).bytes ==
          "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; charset=utf-8\r\n"
          "Content-Length: 5\r\n\r\nhello");
    CHECK(serialize(Response{204, {}, "dropped"}, {false, true}, 784111777).bytes ==
          "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\n");
    CHECK(serialize(Response{299, {}, "x"}, {true, false}, 0).bytes ==
          "HTTP/1.1 299 \r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 1\r\n\r\n");
}

TEST_CASE("http_writer: a shared body is copied when it is small, and handed on when it is not") {
    Response response = Response::text(200, "unseen");
    response.shared_body = std::make_shared<const base::Bytes>(base::to_bytes("shared"));
    const auto small = serialize(response, {}, 0);
    CHECK(small.bytes.ends_with("Content-Length: 6\r\n\r\nshared"));
    CHECK(small.rest == nullptr);
    response.shared_body = std::make_shared<const base::Bytes>(100'000, 'b');
    const auto large = serialize(response, {}, 0);
    CHECK(large.bytes.ends_with("Content-Length: 100000\r\n\r\n"));
    CHECK(large.rest == response.shared_body);
    const auto head = serialize(response, {true, false}, 0);
    CHECK(head.bytes == large.bytes);
    CHECK(head.rest == nullptr);
    response.status = 304;
    CHECK(serialize(response, {}, 0).rest == nullptr);
}

TEST_CASE("http: Retry-After in all its forms") {
    constexpr std::int64_t now = 784111700;
    struct Row {
        const char* text;
        std::optional<std::int64_t> seconds;
    };
    const Row rows[] = {
        {"120", 120},
        {" 0 ", 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 77},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 77},
        {"Sun Nov  6 08:49:37 1994", 77},
        {"Sun, 06 Nov 1994 08:00:00 GMT", 0},
        {"-1", std::nullopt},
        {"", std::nullopt},
        {"soon", std::nullopt},
        {"99999999999999999999", std::nullopt},
        {"Sun, 31 Feb 1994 08:49:37 GMT", std::nullopt},
        {"Sun, 06 Nov 1994 25:49:37 GMT", std::nullopt},
        {"Sun, 06 Nov 1994 08:49:37 CET", std::nullopt},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_retry_after(row.text, now) == row.seconds);
    }
}
