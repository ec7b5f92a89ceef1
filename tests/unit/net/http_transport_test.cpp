#include <doctest/doctest.h>
#include <thread>

#include "base/error.h"
#include "net/http_server.h"
#include "net/transport.h"
#include "support/background_program.h"
#include "support/openssl_ca.h"
#include "support/scripted_server.h"
#include "x509/pem.h"

using namespace signet;
using namespace signet::net;
using namespace std::chrono_literals;
using Connection = test::ScriptedServer::Connection;

namespace {

struct Authority : test::OpensslCa {
    Authority() {
        leaf("server", "DNS:localhost,DNS:*.wild.test,IP:127.0.0.1");
        leaf("cn-only", "");
        leaf("localhost", "DNS:other.test");
    }
};
const Authority& ca() {
    static const Authority made;
    return made;
}

TransportSettings trusting(const std::string& file) {
    TransportSettings settings;
    settings.trust = {Trust::Mode::anchors, x509::parse_certificates(ca().text(file), file)};
    settings.connect_to = Address::parse("127.0.0.1");
    return settings;
}

TransportSettings plain() {
    TransportSettings settings;
    settings.allow_http = true;
    settings.user_agent = "signet-test/1";
    return settings;
}

struct Server {
    explicit Server(const std::string& leaf)
        : server(
              {{"127.0.0.1:0", true}, {"127.0.0.1:0", false}},
              [](const Request& r) { return Response::text(200, r.method + " " + r.host + " " + r.body); }, 2) {
        server.set_identity({ca().text(leaf + ".chain"), base::Secret(ca().text(leaf + ".key"))});
        server.start();
    }
    std::string url(const std::string& host) const {
        return "https://" + host + ":" + std::to_string(server.port(0)) + "/x";
    }
    HttpServer server;
};

OutboundRequest get(const std::string& url, std::chrono::milliseconds timeout = 10s) {
    OutboundRequest request;
    request.url = url;
    request.timeout = timeout;
    return request;
}

/// "ok", or the kind of the error.
std::string outcome(Transport& transport, const OutboundRequest& request) {
    try {
        transport.send(request);
        return "ok";
    } catch (const base::Error& error) {
        CAPTURE(error.message());
        return std::string(base::kind_name(error.kind()));
    }
}
std::string outcome(TransportSettings settings, const OutboundRequest& request) {
    return outcome(*make_http_transport(std::move(settings)), request);
}

std::string url_of(const test::ScriptedServer& server) {
    return "http://127.0.0.1:" + std::to_string(server.port()) + "/";
}

std::string answer(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("http_transport: a server is believed by its anchor and its name") {
    const Server server("server");
    for (const char* anchor : {"root.pem", "issuing.pem", "server.pem"}) {
        CAPTURE(anchor);
        CHECK(outcome(trusting(anchor), get(server.url("localhost"))) == "ok");
        CHECK(outcome(trusting(anchor), get(server.url("127.0.0.1"))) == "ok");
        CHECK(outcome(trusting(anchor), get(server.url("a.wild.test"))) == "ok");
        CHECK(outcome(trusting(anchor), get(server.url("a.b.wild.test"))) == "refused");
        CHECK(outcome(trusting(anchor), get(server.url("other.test"))) == "refused");
    }
    CHECK(outcome(trusting("cn-only.pem"), get(server.url("localhost"))) == "refused");
    auto system = trusting("root.pem");
    system.trust = {Trust::Mode::system, {}};
    CHECK(outcome(system, get(server.url("localhost"))) == "refused");
    auto nobody = trusting("root.pem");
    nobody.trust = {Trust::Mode::anchors, {}};
    CHECK(outcome(nobody, get(server.url("localhost"))) == "refused");
}

TEST_CASE("http_transport: a common name is no name") {
    const Server bare("cn-only");
    CHECK(outcome(trusting("root.pem"), get(bare.url("cn-only"))) == "refused");
    const Server other("localhost");
    CHECK(outcome(trusting("root.pem"), get(other.url("localhost"))) == "refused");
    CHECK(outcome(trusting("root.pem"), get(other.url("other.test"))) == "ok");
}

TEST_CASE("http_transport: where identity does not count, the content is read all the same") {
    const Server server("cn-only");
    auto nobody = trusting("root.pem");
    nobody.trust = {Trust::Mode::none, {}};
    CHECK(outcome(nobody, get(server.url("any.test"))) == "ok");
    auto redirect = trusting("root.pem");
    redirect.verify_nothing = true;
    CHECK(outcome(redirect, get(server.url("any.test"))) == "ok");
}

TEST_CASE("http_transport: what is sent arrives") {
    const Server server("server");
    auto transport = make_http_transport(trusting("root.pem"));
    OutboundRequest request = get(server.url("localhost"));
    request.method = "POST";
    request.body = std::string(50000, 'p');
    request.headers = {{"Content-Type", "application/jose+json"}};
    const auto host = "localhost:" + std::to_string(server.server.port(0));
    CHECK(transport->send(request).body == "POST " + host + " " + request.body);
    request.method = "HEAD";
    request.body.clear();
    const auto head = transport->send(request);
    CHECK(head.status == 200);
    CHECK(head.body.empty());
    CHECK(find_header(head.headers, "content-length") != nullptr);
    request.headers = {{"A", "b\r\nC: d"}};
    CHECK(outcome(*transport, request) == "internal");
}

TEST_CASE("http_transport: http only where it is allowed, no other scheme at all") {
    const Server server("server");
    const auto url = "http://127.0.0.1:" + std::to_string(server.server.port(1)) + "/";
    CHECK(outcome(TransportSettings{}, get(url)) == "bad_input");
    CHECK(outcome(plain(), get(url)) == "ok");
    CHECK(outcome(plain(), get("ftp://127.0.0.1/")) == "bad_input");
}

TEST_CASE("http_transport: the request line and the fields that are ours") {
    std::string seen;
    test::ScriptedServer server([&](Connection& connection) {
        seen = connection.read_until("\r\n\r\n");
        connection.send("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    const auto response = make_http_transport(plain())->send(get(url_of(server) + "a?b=c"));
    CHECK(response.status == 302);
    CHECK(seen == "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nUser-Agent: signet-test/1\r\nAccept-Encoding: identity\r\n\r\n");
    CHECK(server.connections() == 1);
}

TEST_CASE("http_transport: connections are kept, and made anew when the server has closed them") {
    test::ScriptedServer server([](Connection& connection) {
        for (int i = 0; i < 3; ++i) {
            connection.read_until("\r\n\r\n");
            connection.send(answer(std::to_string(i)));
        }
    });
    auto transport = make_http_transport(plain());
    std::string bodies;
    for (int i = 0; i < 7; ++i) bodies += transport->send(get(url_of(server))).body;
    CHECK(bodies == "0120120");
    CHECK(server.connections() == 3);
}

TEST_CASE("http_transport: only what changes nothing is sent twice") {
    std::atomic<int> requests = 0;
    test::ScriptedServer server([&](Connection& connection) {
        connection.read_until("\r\n\r\n");
        ++requests;
        connection.send(answer("x"));
        if (!connection.read_until("\r\n\r\n").empty()) ++requests;  // read, then closed without an answer
    });
    auto transport = make_http_transport(plain());
    transport->send(get(url_of(server)));
    CHECK(outcome(*transport, get(url_of(server))) == "ok");
    CHECK(requests == 3);
    OutboundRequest post = get(url_of(server));
    post.method = "POST";
    CHECK(outcome(*transport, post) == "connection");
    CHECK(requests == 4);
}

TEST_CASE("http_transport: an answer longer than asked for, or without end, is cut off") {
    for (const char* head :
         {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "HTTP/1.1 200 OK\r\nA: "}) {
        CAPTURE(head);
        test::ScriptedServer server([&](Connection& connection) {
            connection.read_until("\r\n\r\n");
            connection.send(head);
            while (!connection.stopped() && connection.send(std::string(1000, 'x'))) {
            }
        });
        auto request = get(url_of(server));
        request.body_limit = 5000;
        CHECK(outcome(plain(), request) == "incorrect_response");
    }
}

TEST_CASE("http_transport: the deadline is for all of it") {
    SUBCASE("a trickled body") {
        test::ScriptedServer server([](Connection& connection) {
            connection.read_until("\r\n\r\n");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            while (!connection.stopped() && connection.send("x")) std::this_thread::sleep_for(5ms);
        });
        CHECK(outcome(plain(), get(url_of(server), 200ms)) == "timeout");
    }
    SUBCASE("no answer") {
        test::ScriptedServer server([](Connection& connection) { connection.hang(); });
        CHECK(outcome(plain(), get(url_of(server), 200ms)) == "timeout");
        CHECK(outcome(TransportSettings{}, get("https://127.0.0.1:" + std::to_string(server.port()), 200ms)) ==
              "timeout");
    }
    SUBCASE("an answer without end in interim responses") {
        test::ScriptedServer server([](Connection& connection) {
            connection.read_until("\r\n\r\n");
            while (!connection.stopped() && connection.send("HTTP/1.1 100 Continue\r\n\r\n"))
                std::this_thread::sleep_for(1ms);
        });
        const auto result = outcome(plain(), get(url_of(server), 200ms));
        CHECK((result == "timeout" || result == "incorrect_response"));
    }
}

TEST_CASE("http_transport: errors have their kinds") {
    int free_port = 0;
    {
        const test::ScriptedServer gone([](Connection&) {});
        free_port = gone.port();
    }
    CHECK(outcome(plain(), get("http://127.0.0.1:" + std::to_string(free_port) + "/")) == "connection");
    CHECK(outcome(plain(), get("http://no-such-name.invalid/")) == "dns");
    const test::ScriptedServer closing([](Connection& connection) { connection.read_until("\r\n\r\n"); });
    CHECK(outcome(plain(), get(url_of(closing))) == "connection");
    const test::ScriptedServer other([](Connection& connection) {
        connection.read_until("\r\n");
        connection.send("SSH-2.0-x\r\n");
    });
    CHECK(outcome(plain(), get(url_of(other))) == "incorrect_response");
    const test::ScriptedServer no_tls([](Connection& connection) {
        connection.read_until("\x03");
        connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    CHECK(outcome(TransportSettings{}, get("https://127.0.0.1:" + std::to_string(no_tls.port()))) == "tls");
}

TEST_CASE("http_transport: a foreign server without lengths is read to its end") {
    test::BackgroundProgram server({"openssl", "s_server", "-www", "-accept", "127.0.0.1:0", "-cert",
                                    ca().path("server.pem"), "-cert_chain", ca().path("issuing.pem"), "-key",
                                    ca().path("server.key")});
    REQUIRE(server.wait_for("ACCEPT "));
    REQUIRE(server.wait_for("\n"));
    const auto line = server.output().substr(server.output().find("ACCEPT "));
    const auto port = line.substr(line.rfind(':') + 1, line.find('\n') - line.rfind(':') - 1);
    const auto response = make_http_transport(trusting("root.pem"))->send(get("https://localhost:" + port + "/"));
    CHECK(response.status == 200);
    CHECK(response.body.find("TLSv1.3") != std::string::npos);
}

TEST_CASE("http_transport: one transport serves many threads") {
    const Server server("server");
    auto transport = make_http_transport(trusting("root.pem"));
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 25; ++i) {
                auto request = get(server.url("localhost"));
                request.method = "POST";
                request.body = std::to_string(t * 100 + i);
                if (transport->send(request).body.ends_with(" " + request.body)) ++good;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(good == 200);
}
