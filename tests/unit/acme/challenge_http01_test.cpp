#include "acme/challenge_http01.h"

#include <atomic>
#include <doctest/doctest.h>
#include <map>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "net/http_server.h"
#include "support/forbidden_targets.h"
#include "support/table_resolver.h"
#include "support/temporary_directory.h"

using namespace signet;
using base::Kind;
using x509::Identifier;

namespace {

/// A real target on 127.0.0.1 whose answers the test writes.
struct Target {
    net::Handler handler;
    std::atomic<int> hits = 0;
    net::HttpServer server{{{"127.0.0.1:0", false}},
                           [this](const net::Request& request) {
                               ++hits;
                               return handler(request);
                           },
                           2};
    explicit Target(net::Handler h) : handler(std::move(h)) { server.start(); }
    ~Target() { server.stop(std::chrono::seconds(1)); }
    int port() { return server.port(0); }
};

net::Response body(std::string text) { return net::Response::text(200, std::move(text)); }
net::Response redirect(std::string to) {
    net::Response response = net::Response::text(302, "");
    response.set("Location", std::move(to));
    return response;
}

struct Check {
    test::TableResolver resolver;
    net::AddressPolicy policy{{net::Cidr::parse("127.0.0.0/8", "test")}, {}};
    int port = 0;
    std::string run(const Identifier& identifier = Identifier::dns("www.test"), Kind* kind = nullptr) {
        acme::ValidationContext context{resolver, policy, port, 443, std::chrono::seconds(5), "test"};
        try {
            acme::validate_http01(context, identifier, "tok", "tok.thumb");
            return {};
        } catch (const base::Error& error) {
            if (kind != nullptr) *kind = error.kind();
            return error.message();
        }
    }
    explicit Check(int p) : port(p) { resolver.set("www.test", {"127.0.0.1"}); }
};

}  // namespace

TEST_CASE("http-01: holds for the key authorization, trailing white space or not") {
    std::string method, path, host;
    Target target([&](const net::Request& request) {
        method = request.method;
        path = request.path;
        host = request.host;
        return body("tok.thumb\r\n");
    });
    Check check(target.port());
    CHECK(check.run() == "");
    CHECK(method == "GET");
    CHECK(path == "/.well-known/acme-challenge/tok");
    CHECK(host == "www.test:" + std::to_string(target.port()));
    CHECK(check.run(Identifier::ip("127.0.0.1")) == "");
    CHECK(host == "127.0.0.1:" + std::to_string(target.port()));
}

TEST_CASE("http-01: an IPv6 address stands in brackets in the Host field") {
    std::string host;
    net::HttpServer target{{{"[::1]:0", false}},
                           [&](const net::Request& request) {
                               host = request.host;
                               return body("tok.thumb");
                           },
                           1};
    target.start();
    Check check(target.port(0));
    check.policy.allow = {net::Cidr::parse("::1", "test")};
    CHECK(check.run(Identifier::ip("::1")) == "");
    target.stop(std::chrono::seconds(1));
    CHECK(host == "[::1]:" + std::to_string(check.port));
}

TEST_CASE("http-01: a wrong answer names the address and never what was answered") {
    Target target([](const net::Request&) { return body("CANARY"); });
    Check check(target.port());
    Kind kind{};
    const auto message = check.run(Identifier::dns("www.test"), &kind);
    CHECK(kind == Kind::incorrect_response);
    CHECK(message.find("127.0.0.1") != std::string::npos);
    CHECK(message.find("CANARY") == std::string::npos);
}

TEST_CASE("http-01: a long answer is not read to its end, nor is a status other than 200 taken") {
    Target big([](const net::Request&) { return body(std::string(1 << 20, 'x')); });
    Check check(big.port());
    Kind kind{};
    CHECK(check.run(Identifier::dns("www.test"), &kind) != "");
    CHECK(kind == Kind::incorrect_response);  // there was a connection, and an answer (RFC 8555 section 6.7)
    Target missing([](const net::Request&) { return net::Response::text(404, "tok.thumb"); });
    CHECK(Check(missing.port()).run(Identifier::dns("www.test"), &kind) != "");
    CHECK(kind == Kind::incorrect_response);
    Target long_missing([](const net::Request&) { return net::Response::text(404, std::string(1 << 20, 'x')); });
    CHECK(Check(long_missing.port()).run(Identifier::dns("www.test"), &kind) != "");
    CHECK(kind == Kind::incorrect_response);
}

TEST_CASE("http-01: targets that validation must not reach are refused before any connection") {
    Target target([](const net::Request&) { return body("tok.thumb"); });
    for (const auto* address : test::k_forbidden_targets) {
        CAPTURE(address);
        Check check(target.port());
        check.policy.allow.clear();
        check.resolver.set("www.test", {address});
        Kind kind{};
        const auto message = check.run(Identifier::dns("www.test"), &kind);
        CHECK(kind == Kind::refused);
        CHECK(message.find("www.test") != std::string::npos);
        CHECK(check.run(Identifier::ip(address), &kind) != "");  // an address as the identifier skips no guard
        CHECK(kind == Kind::refused);
    }
    CHECK(target.hits == 0);
}

TEST_CASE("http-01: resolves once for a hop and connects to the address that was checked") {
    Target target([](const net::Request&) { return body("tok.thumb"); });
    Check check(target.port());
    check.policy.deny = {net::Cidr::parse("127.0.0.2", "test")};
    check.resolver.set_sequence("www.test",
                                {{"127.0.0.1"}, {"127.0.0.2"}});  // a rebinding answer waits behind the first
    CHECK(check.run() == "");
    CHECK(check.resolver.asked("www.test") == 1);
}

TEST_CASE("http-01: another address of the name is tried when the first does not answer") {
    Target target([](const net::Request&) { return body("tok.thumb"); });
    Check check(target.port());
    check.resolver.set("www.test", {"127.0.0.9", "127.0.0.1"});  // nobody listens on .9
    CHECK(check.run() == "");
}

TEST_CASE("http-01: redirects are followed ten times, each hop asked about") {
    int port = 0;
    Target target([&](const net::Request& request) {
        const auto n = request.query.empty() ? 0 : std::stoi(request.query);
        return n == 10 ? body("tok.thumb") : redirect("/x?" + std::to_string(n + 1));
    });
    CHECK(Check(target.port()).run() == "");
    Target endless([&](const net::Request&) { return redirect("http://www.test:" + std::to_string(port) + "/again"); });
    port = endless.port();
    CHECK(Check(port).run().find("more than 10") != std::string::npos);
    CHECK(endless.hits == 11);
}

TEST_CASE("http-01: a redirect to a forbidden address, another scheme or nowhere is refused") {
    struct Row {
        const char* location;
        Kind kind;
    };
    const Row rows[] = {
        {"http://169.254.169.254/latest/meta-data", Kind::refused},
        {"http://inner.test/", Kind::refused},
        {"http://inner.test:22/", Kind::refused},
        {"https://www.test:8443/", Kind::refused},
        {"ftp://www.test/x", Kind::incorrect_response},
        {"file:///etc/passwd", Kind::incorrect_response},
        {"http://user:pass@www.test/", Kind::incorrect_response},
    };
    for (const auto& row : rows) {
        CAPTURE(row.location);
        Target target([&](const net::Request&) { return redirect(row.location); });
        Check check(target.port());
        check.resolver.set("inner.test", {"::1"});
        Kind kind{};
        const auto message = check.run(Identifier::dns("www.test"), &kind);
        CHECK(kind == row.kind);
        CHECK(message.find(" at 127.0.0.1 port ") != std::string::npos);
        for (const auto* secret : {"inner", "169.254", "::1", ":8443", "passwd", "user"}) {
            CHECK(message.find(secret) == std::string::npos);
        }
    }
}

TEST_CASE("http-01: a redirect to another port is no connection to it") {
    Target inner([](const net::Request&) { return body("tok.thumb"); });
    Target target([&](const net::Request&) { return redirect("http://www.test:" + std::to_string(inner.port())); });
    Kind kind{};
    CHECK(Check(target.port()).run(Identifier::dns("www.test"), &kind) != "");
    CHECK(kind == Kind::refused);
    CHECK(inner.hits == 0);
}

TEST_CASE("http-01: the address of each hop is resolved once, checked, and the one connected to") {
    Target target([&](const net::Request& request) {
        return request.host.starts_with("next.test") ? body("tok.thumb")
                                                     : redirect("http://next.test:" + request.host.substr(9) + "/x");
    });
    Check check(target.port());
    check.policy.deny = {net::Cidr::parse("127.0.0.2", "test")};
    check.resolver.set_sequence("next.test", {{"127.0.0.1"}, {"127.0.0.2"}});
    CHECK(check.run() == "");
    CHECK(check.resolver.asked("next.test") == 1);
    Kind kind{};
    CHECK(check.run(Identifier::dns("www.test"), &kind) != "");  // now it is the other address
    CHECK(kind == Kind::refused);
    CHECK(target.hits == 3);
}

TEST_CASE("http-01: what stands behind a redirect is not told") {
    for (const int status : {200, 404, 500}) {
        CAPTURE(status);
        Target target([&](const net::Request& request) {
            return request.query.empty() ? redirect("/x?CANARY") : net::Response::text(status, "CANARY");
        });
        Kind kind{};
        const auto message = Check(target.port()).run(Identifier::dns("www.test"), &kind);
        CHECK(kind == Kind::incorrect_response);
        CHECK(message.find("CANARY") == std::string::npos);
        CHECK(message.find(" " + std::to_string(status)) == std::string::npos);
        CHECK(message.find(" at 127.0.0.1 port ") != std::string::npos);
    }
}

TEST_CASE("http-01: a redirect to a name without address, or to where nobody listens, says the same") {
    std::string location;
    Target target([&](const net::Request&) { return redirect(location); });
    Check check(target.port());
    check.resolver.set("dead.test", {"127.0.0.9"});
    const auto port = std::to_string(target.port());
    location = "http://unknown.test:" + port + "/";
    const auto unknown = check.run();
    location = "http://dead.test:" + port + "/";
    CHECK(check.run() == unknown);
    CHECK(unknown.find("unknown.test") == std::string::npos);
}

TEST_CASE("http-01: a name without address is a dns error, a closed port a connection error") {
    int port = 0;
    {
        Target target([](const net::Request&) { return body(""); });
        port = target.port();
    }
    Check check(port);
    Kind kind{};
    CHECK(check.run(Identifier::dns("nowhere.test"), &kind) != "");
    CHECK(kind == Kind::dns);
    CHECK(check.run(Identifier::dns("www.test"), &kind).find("127.0.0.1") != std::string::npos);
    CHECK(kind == Kind::connection);
}

TEST_CASE("http-01: applies to names and addresses, not to wildcards") {
    CHECK(acme::http01_applies(Identifier::dns("a.test"), false));
    CHECK(acme::http01_applies(Identifier::ip("::1"), false));
    CHECK_FALSE(acme::http01_applies(Identifier::dns("a.test"), true));
    CHECK_FALSE(acme::http01_applies(Identifier::uri("spiffe://a/b"), false));
}

TEST_CASE("http-01: presented answers stand side by side on one listener, and are taken back") {
    int port = 0;
    {
        Target probe([](const net::Request&) { return body(""); });
        port = probe.port();
    }
    acme::ResponderContext responder{.webroot = {}, .http01_port = port};
    const auto name = Identifier::dns("www.test");
    Check check(port);
    auto answer = acme::present_http01(responder, name, "tok", "tok.thumb");
    const auto other = acme::present_http01(responder, name, "tok2", "tok2.thumb");
    CHECK(check.run() == "");
    check.policy.allow.push_back(net::Cidr::parse("::1", "test"));
    check.resolver.set("www.test", {"::1"});
    CHECK(check.run() == "");
    answer.reset();
    CHECK(check.run().find("404") != std::string::npos);
}

TEST_CASE("http-01: an answer in a webroot is a file that goes away") {
    const test::TemporaryDirectory directory;
    acme::ResponderContext responder{.webroot = (directory.path() / "www").string()};
    const auto file = directory.path() / "www/.well-known/acme-challenge/tok";
    {
        const auto answer = acme::present_http01(responder, Identifier::dns("www.test"), "tok", "tok.thumb");
        CHECK(base::read_file(file, 100) == "tok.thumb");
    }
    CHECK_FALSE(base::file_facts(file));
}

TEST_CASE("http-01: a hostile token does not become a path") {
    const test::TemporaryDirectory directory;
    acme::ResponderContext responder{.webroot = directory.path().string()};
    for (const auto* token : {"../../../x", "", "a/b", "a.b", "a\nb"}) {
        CHECK_THROWS_AS(acme::present_http01(responder, Identifier::dns("www.test"), token, "x"), base::Error);
    }
}
