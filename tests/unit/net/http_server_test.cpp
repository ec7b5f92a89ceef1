#include "net/http_server.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <doctest/doctest.h>
#include <future>

#include "base/error.h"
#include "support/peak_memory.h"
#include "support/raw_client.h"

using namespace signet;
using namespace signet::net;
using namespace std::chrono_literals;
using test::RawClient;

namespace {

Response echo(const Request& request) {
    Response response = Response::text(200, request.method + " " + request.path + " " + request.body);
    if (request.path == "/none") return Response{204, {}, ""};
    if (request.path == "/throw") throw std::runtime_error("on purpose");
    if (request.path == "/big") response.body.assign(4 << 20, 'b');
    if (request.path == "/medium") response.body.assign(8 << 10, 'm');
    if (request.path == "/who") response.body = request.scheme + " " + request.host + " " + request.remote_address;
    return response;
}

struct Fixture {
    explicit Fixture(const HttpLimits& limits = {}, Handler handler = echo)
        : server({{"127.0.0.1:0", false}}, std::move(handler), 2, limits) {
        server.start();
    }
    RawClient client() const { return RawClient(server.port(0)); }
    HttpServer server;
};

std::string body_of(const std::string& response) {
    const auto end = response.find("\r\n\r\n");
    return end == std::string::npos ? "" : response.substr(end + 4);
}
int status_of(const std::string& response) {
    return response.starts_with("HTTP/1.1 ") ? std::stoi(response.substr(9, 3)) : 0;
}

const std::string k_get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

}  // namespace

TEST_CASE("http_server: serves one connection again and again") {
    Fixture fixture;
    auto client = fixture.client();
    for (int i = 0; i < 200; ++i) {
        client.send(k_get);
        const auto response = client.read_response();
        REQUIRE(status_of(response) == 200);
        REQUIRE(body_of(response) == "GET /a ");
    }
    client.send("GET /who HTTP/1.1\r\nHost: ca.internal:8443\r\n\r\n");
    CHECK(body_of(client.read_response()) == "http ca.internal:8443 127.0.0.1");
}

TEST_CASE("http_server: answers pipelined requests in order") {
    Fixture fixture;
    auto client = fixture.client();
    std::string all;
    constexpr int k_count = 500;
    for (int i = 0; i < k_count; ++i) {
        const auto body = std::to_string(i);
        all += "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    client.send(all);
    for (int i = 0; i < k_count; ++i) REQUIRE(body_of(client.read_response()) == "POST /p " + std::to_string(i));
}

TEST_CASE("http_server: HEAD, 204 and a throwing handler keep the framing") {
    Fixture fixture;
    auto client = fixture.client();
    client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + k_get);
    const auto head = client.read_response(true);
    CHECK(head.find("Content-Length: 8\r\n") != std::string::npos);
    CHECK(body_of(client.read_response()) == "GET /a ");
    client.send("GET /none HTTP/1.1\r\nHost: x\r\n\r\n" + k_get);
    CHECK(client.read_response().find("Content-Length") == std::string::npos);
    CHECK(body_of(client.read_response()) == "GET /a ");
    client.send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n" + k_get);
    CHECK(status_of(client.read_response()) == 500);
    CHECK(body_of(client.read_response()) == "GET /a ");
}

TEST_CASE("http_server: closes for HTTP/1.0, for Connection: close and behind a half-closed client") {
    Fixture fixture;
    auto old_client = fixture.client();
    old_client.send("GET /a HTTP/1.0\r\n\r\n");
    const auto answer = old_client.read_all();
    CHECK(status_of(answer) == 200);
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    auto polite = fixture.client();
    polite.send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(body_of(polite.read_all()) == "GET /a ");
    auto half = fixture.client();
    half.send(k_get);
    half.finish_sending();
    CHECK(body_of(half.read_all()) == "GET /a ");
}

TEST_CASE("http_server: invites the body of a client that asks") {
    Fixture fixture;
    auto client = fixture.client();
    client.send("POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(client.read_response() == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hi");
    CHECK(body_of(client.read_response()) == "POST /c hi");
    client.send("POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(client.read_response() == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("2\r\nhi\r\n0\r\n\r\n");
    CHECK(body_of(client.read_response()) == "POST /c hi");
    client.send("POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
    CHECK(status_of(client.read_response()) == 413);
}

TEST_CASE("http_server: writes what a slow reader takes") {
    Fixture fixture;
    auto client = fixture.client();
    client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n" + k_get);
    CHECK(body_of(client.read_response()).size() == std::size_t{4} << 20);
    CHECK(body_of(client.read_response()) == "GET /a ");
}

TEST_CASE("http_server: what many read is in memory once") {
    constexpr std::size_t k_size = 6 << 20;
    constexpr int k_readers = 60;
    const auto shared = std::make_shared<const base::Bytes>(k_size, 's');
    Fixture fixture({}, [&](const Request&) {
        Response response;
        response.shared_body = shared;
        return response;
    });
    const test::PeakMemory memory;
    std::vector<RawClient> readers;
    for (int i = 0; i < k_readers; ++i) {
        readers.push_back(fixture.client());
        const int little = 4096;
        ::setsockopt(readers.back().fd(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
        readers.back().send(k_get);
    }
    for (auto& reader : readers) {  // each answer has begun
        pollfd entry{reader.fd(), POLLIN, 0};
        REQUIRE(::poll(&entry, 1, 30'000) == 1);
    }
    const long grown = memory.grown_kib();
    CAPTURE(grown);
    if (!test::k_sanitized) CHECK(grown < 60 * 1024);
    auto other = fixture.client();
    other.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + k_get + k_get);
    CHECK(other.read_response(true).find("Content-Length: 6291456\r\n") != std::string::npos);
    for (int i = 0; i < 2; ++i) CHECK(body_of(other.read_response()) == std::string(k_size, 's'));
}

TEST_CASE("http_server: time for a large answer is earned by reading it") {
    HttpLimits limits;
    limits.write = 300ms;
    limits.slowest_reader = 1000;  // 64 MB would be 64 seconds; what fits into the kernel's buffers is a tenth of that
    const auto shared = std::make_shared<const base::Bytes>(64 << 20, 's');
    Fixture fixture(limits, [&](const Request&) {
        Response response;
        response.shared_body = shared;
        return response;
    });
    auto idle = fixture.client(), reader = fixture.client();
    const int little = 4096;
    ::setsockopt(idle.fd(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    idle.send(k_get);
    reader.send(k_get);
    CHECK(body_of(reader.read_response()).size() == shared->size());
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (fixture.server.connections() > 1 && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(20ms);
    CHECK(fixture.server.connections() == 1);
}

TEST_CASE("http_server: a listener has its own limit for bodies") {
    Fixture fixture;
    fixture.server.limit_bodies(0, 100);
    const auto post = [](std::size_t size) {
        return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
               std::string(size, 'x');
    };
    auto client = fixture.client();
    client.send(post(100) + post(101));
    CHECK(status_of(client.read_response()) == 200);
    CHECK(status_of(client.read_response()) == 413);
    auto chunked = fixture.client();
    chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n");
    CHECK(status_of(chunked.read_response()) == 413);
    fixture.server.limit_bodies(0, 101);
    auto later = fixture.client();
    later.send(post(101));
    CHECK(status_of(later.read_response()) == 200);
}

TEST_CASE("http_server: attacks are refused with a status, then the connection is closed") {
    struct Row {
        const char* name;
        std::string start;   // sent once
        std::string repeat;  // then this, until 20 MB are out or the server has had enough
        int status;
    };
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
    const std::vector<Row> rows{
        {"length beyond the limit", post + "Content-Length: 100000000\r\n\r\n", std::string(1 << 16, 'x'), 413},
        {"endless chunked body", post + "Transfer-Encoding: chunked\r\n\r\n",
         "1000\r\n" + std::string(0x1000, 'x') + "\r\n", 413},
        {"endless chunk extensions", post + "Transfer-Encoding: chunked\r\n\r\n",
         "1;" + std::string(200, 'e') + "\r\nx\r\n", 400},
        {"endless trailers", post + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n", 400},
        {"no length", post + "\r\n", std::string(1 << 16, 'x'), 411},
        {"negative length", post + "Content-Length: -1\r\n\r\n", "", 400},
        {"length in words", post + "Content-Length: abc\r\n\r\n", "", 400},
        {"two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "", 400},
        {"length and chunked", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", 400},
        {"compressed body", post + "Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n", "", 415},
        {"one endless header", "GET / HTTP/1.1\r\nHost: x\r\nA: ", std::string(1 << 16, 'a'), 431},
        {"endless headers", "GET / HTTP/1.1\r\nHost: x\r\n", "A: b\r\n", 431},
        {"endless request line", "GET /", std::string(1 << 16, 'a'), 414},
        {"bare LF", "GET / HTTP/1.1\nHost: x\n\n", "", 400},
        {"no Host", "GET / HTTP/1.1\r\n\r\n", "", 400},
        {"smuggled second request", post + "Content-Length: 0, 30\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", "",
         400},
        {"a TLS hello", std::string("\x16\x03\x01\x00\x05hello\n", 11), "", 400},
    };
    Fixture fixture;
    for (const auto& row : rows) {
        CAPTURE(row.name);
        auto client = fixture.client();
        client.send(row.start);
        for (std::size_t sent = 0; !row.repeat.empty() && sent < (20 << 20); sent += row.repeat.size()) {
            if (!client.send(row.repeat)) break;
            pollfd answered{client.fd(), POLLIN, 0};
            if (::poll(&answered, 1, 0) == 1) break;
        }
        const auto answer = client.read_all();
        CHECK(status_of(answer) == row.status);
        CHECK(answer.find("Connection: close\r\n") != std::string::npos);
        CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
    }
}

TEST_CASE("http_server: a request header cannot pose as the peer's address") {
    Fixture fixture;
    auto client = fixture.client();
    client.send("GET /who HTTP/1.1\r\nHost: x\r\nREMOTE_ADDR: 1.2.3.4\r\n\r\n");
    CHECK(body_of(client.read_response()) == "http x 127.0.0.1");
}

TEST_CASE("http_server: an 8 KB path reaches the handler") {
    Fixture fixture;
    auto client = fixture.client();
    const std::string path = "/" + std::string(8100, 'p');
    client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(body_of(client.read_response()) == "GET " + path + " ");
}

TEST_CASE("http_server: every deadline ends its connection") {
    HttpLimits limits;
    limits.header = limits.body = limits.idle = limits.write = 150ms;
    Fixture fixture(limits);
    SUBCASE("header") {
        auto client = fixture.client();
        client.send("GET / HTTP/1.1\r\nHo");
        CHECK(status_of(client.read_all()) == 408);
    }
    SUBCASE("header, with a trickle that would reset a deadline per read") {
        auto client = fixture.client();
        client.send("GET / HTTP/1.1\r\nA: ");
        while (client.send("a")) {
            pollfd answered{client.fd(), POLLIN, 0};
            if (::poll(&answered, 1, 20) == 1) break;
        }
        CHECK(status_of(client.read_all()) == 408);
    }
    SUBCASE("body") {
        auto client = fixture.client();
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
        CHECK(status_of(client.read_all()) == 408);
    }
    SUBCASE("idle, before and after a request") {
        CHECK(fixture.client().closed());
        auto client = fixture.client();
        client.send(k_get);
        CHECK(status_of(client.read_response()) == 200);
        CHECK(client.closed());
    }
    SUBCASE("write") {
        auto client = fixture.client();
        const int small = 4096;
        ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        std::string many;
        constexpr std::size_t k_count = 2000;
        for (std::size_t i = 0; i < k_count; ++i) many += "GET /medium HTTP/1.1\r\nHost: x\r\n\r\n";
        client.send(many);
        // Nothing is read until the server has given up: then the tail is missing.
        pollfd hung_up{client.fd(), 0, 0};
        CHECK(::poll(&hung_up, 1, 10'000) == 1);
        CHECK(client.read_all().size() < k_count * (8 << 10));
    }
}

TEST_CASE("http_server: stop lets a running request finish and closes what rests") {
    std::promise<void> entered;
    std::promise<void> go_on;
    auto gate = go_on.get_future().share();
    Fixture fixture({}, [&](const Request& request) {
        if (request.path == "/slow") {
            entered.set_value();
            gate.wait();
        }
        return Response::text(200, "done");
    });
    auto idle = fixture.client();
    idle.send(k_get);
    CHECK(status_of(idle.read_response()) == 200);
    auto slow = fixture.client();
    slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    entered.get_future().wait();
    auto stopped = std::async(std::launch::async, [&] { fixture.server.stop(30s); });
    CHECK(idle.closed());
    go_on.set_value();
    const auto answer = slow.read_all();
    CHECK(body_of(answer) == "done");
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    stopped.get();
    CHECK_THROWS(fixture.client());
    fixture.server.stop(0ms);
}

TEST_CASE("http_server: a port in use is refused by name") {
    Fixture fixture;
    const auto address = "127.0.0.1:" + std::to_string(fixture.server.port(0));
    try {
        HttpServer second({{address, false}}, echo, 1);
        FAIL("bound twice");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::environment);
        CHECK(error.message().find(address) != std::string::npos);
    }
}

TEST_CASE("http_server: connections beyond the limit are closed, those below are served") {
    HttpLimits limits;
    limits.connections = 3;
    Fixture fixture(limits);
    auto one = fixture.client();
    auto two = fixture.client();
    auto three = fixture.client();
    for (auto* client : {&one, &two, &three}) {
        client->send(k_get);
        CHECK(status_of(client->read_response()) == 200);
    }
    CHECK(fixture.client().closed());
    one.send(k_get);
    CHECK(status_of(one.read_response()) == 200);
}

TEST_CASE("http_server: running out of descriptors is survived") {
    Fixture fixture;
    auto before = fixture.client();
    before.send(k_get);
    CHECK(status_of(before.read_response()) == 200);
    rlimit normal{};
    ::getrlimit(RLIMIT_NOFILE, &normal);
    auto late = std::make_unique<RawClient>(fixture.server.port(0));
    late->send(k_get);
    CHECK(status_of(late->read_response()) == 200);
    // Descriptors are handed out from the lowest free one: with the limit just above those in use, accept(2) must fail.
    base::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    rlimit tight = normal;
    tight.rlim_cur = static_cast<rlim_t>(client.get()) + 1;
    ::setrlimit(RLIMIT_NOFILE, &tight);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(fixture.server.port(0)));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::connect(client.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    ::send(client.get(), k_get.data(), k_get.size(), MSG_NOSIGNAL);
    before.send(k_get);
    CHECK(status_of(before.read_response()) == 200);
    ::setrlimit(RLIMIT_NOFILE, &normal);
    char answer[12] = {};
    CHECK(::recv(client.get(), answer, sizeof answer, MSG_WAITALL) == sizeof answer);
    CHECK(std::string(answer, sizeof answer) == "HTTP/1.1 200");
}

TEST_CASE("http_server: thousands of idle and trickling connections leave a normal client alone") {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const std::size_t idle = limit.rlim_max >= 6000 ? 2000 : 200;
    Fixture fixture;
    std::vector<RawClient> idlers;
    for (std::size_t i = 0; i < idle; ++i) {
        idlers.push_back(fixture.client());
        idlers.back().send(k_get);
        REQUIRE(status_of(idlers.back().read_response()) == 200);
    }
    std::vector<RawClient> tricklers;
    for (int i = 0; i < 500; ++i) {
        tricklers.push_back(fixture.client());
        tricklers.back().send("GET / HTTP/1.1\r\nA: ");
    }
    auto normal = fixture.client();
    for (int i = 0; i < 50; ++i) {
        for (auto& trickler : tricklers) trickler.send("a");
        normal.send(k_get);
        REQUIRE(body_of(normal.read_response()) == "GET /a ");
    }
    idlers.front().send(k_get);
    CHECK(status_of(idlers.front().read_response()) == 200);
}

TEST_CASE("http_server: what it refuses is answered as the owner says") {
    HttpServer server(
        {{"127.0.0.1:0", false}}, echo, 1, {}, [](const Request& begun, int status, const std::string& why) {
            return Response::text(status + 1, begun.scheme + " " + begun.method + " " + begun.path + ": " + why);
        });
    server.start();
    RawClient client(server.port(0));
    client.send("POST /a HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto response = client.read_response();
    CHECK(status_of(response) == 412);
    CHECK(body_of(response) == "http POST /a: no Content-Length");
}
