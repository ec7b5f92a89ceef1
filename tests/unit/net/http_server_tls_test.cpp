#include <doctest/doctest.h>

#include "net/http_server.h"
#include "support/background_program.h"
#include "support/openssl_ca.h"
#include "support/raw_client.h"

using namespace signet;
using namespace signet::net;
using namespace std::chrono_literals;

namespace {

const test::OpensslCa& ca() {
    struct Made : test::OpensslCa {
        Made() {
            leaf("first", "DNS:localhost,IP:127.0.0.1");
            leaf("second", "DNS:localhost,IP:127.0.0.1");
        }
    };
    static const Made made;
    return made;
}

TlsIdentity identity(const std::string& name) {
    return {ca().text(name + ".chain"), base::Secret(ca().text(name + ".key"))};
}

struct TlsFixture {
    explicit TlsFixture(const HttpLimits& limits = {})
        : server(
              {{"127.0.0.1:0", true}}, [](const Request& r) { return Response::text(200, r.scheme + r.body + "\n"); },
              2, limits) {
        server.set_identity(identity("first"));
        server.start();
    }
    std::string target() const { return "127.0.0.1:" + std::to_string(server.port(0)); }
    HttpServer server;
};

const std::string k_get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

base::ProcessResult s_client(const TlsFixture& fixture, std::vector<std::string> more,
                             const std::string& input = k_get) {
    base::ProcessRequest request;
    request.arguments = {"openssl",
                         "s_client",
                         "-nameopt",
                         "RFC2253",
                         "-connect",
                         fixture.target(),
                         "-CAfile",
                         ca().path("root.pem"),
                         "-verify_return_error",
                         "-ign_eof"};
    request.arguments.insert(request.arguments.end(), more.begin(), more.end());
    request.input = input;
    return base::run_process(request);
}

bool served(const base::ProcessResult& result) { return result.output.find("HTTP/1.1 200 OK") != std::string::npos; }

}  // namespace

TEST_CASE("http_server: TLS 1.2 and 1.3 are spoken, 1.1 is not") {
    TlsFixture fixture;
    CHECK(served(s_client(fixture, {"-tls1_2"})));
    CHECK(served(s_client(fixture, {"-tls1_3"})));
    const auto old = s_client(fixture, {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
    CHECK_FALSE(served(old));
    CHECK(old.errors.find("alert protocol version") != std::string::npos);
}

TEST_CASE("http_server: TLS 1.2 takes ECDHE with AEAD only") {
    TlsFixture fixture;
    CHECK(served(s_client(fixture, {"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"})));
    CHECK(served(s_client(fixture, {"-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"})));
    CHECK_FALSE(served(s_client(fixture, {"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"})));
}

TEST_CASE("http_server: keys are agreed on over elliptic curves only") {
    TlsFixture fixture;
    for (const char* group : {"X25519", "P-256", "P-384", "P-521", "X448"}) {
        CAPTURE(group);
        CHECK(served(s_client(fixture, {"-tls1_3", "-groups", group})));
    }
    for (const char* group : {"ffdhe2048", "ffdhe8192"}) {
        CAPTURE(group);
        const auto refused = s_client(fixture, {"-tls1_3", "-groups", group});
        CHECK_FALSE(served(refused));
        CHECK(refused.errors.find("handshake failure") != std::string::npos);
    }
    // A share that we do not take beside one that we do: asked again, not refused.
    CHECK(served(s_client(fixture, {"-tls1_3", "-groups", "ffdhe2048:P-256"})));
}

TEST_CASE("http_server: a large shared body goes through TLS whole") {
    base::Bytes bytes(3 << 20);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>('a' + i * 7 % 26);
    const auto shared = std::make_shared<const base::Bytes>(std::move(bytes));
    HttpServer server(
        {{"127.0.0.1:0", true}},
        [&](const Request&) {
            Response response;
            response.shared_body = shared;
            return response;
        },
        2);
    server.set_identity(identity("first"));
    server.start();
    base::ProcessRequest request;
    request.arguments = {"openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + std::to_string(server.port(0))};
    request.input = k_get;
    request.output_limit = 4 << 20;
    const auto result = base::run_process(request);
    const auto body = result.output.find("\r\n\r\n");
    REQUIRE(body != std::string::npos);
    CHECK(result.output.substr(body + 4) == base::text_of(*shared));
}

TEST_CASE("http_server: a TLS 1.2 client cannot renegotiate") {
    TlsFixture fixture;
    base::ProcessRequest request;
    request.arguments = {"openssl", "s_client", "-connect", fixture.target(), "-tls1_2"};
    request.input = "R\n";
    const auto result = base::run_process(request);
    CHECK(result.errors.find("no renegotiation") != std::string::npos);
}

TEST_CASE("http_server: sessions resume by ticket") {
    TlsFixture fixture;
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        const auto session = ca().path(std::string("session") + version).string();
        const auto first = s_client(fixture, {version, "-sess_out", session});
        REQUIRE(served(first));
        const auto again = s_client(fixture, {version, "-sess_in", session});
        CHECK(served(again));
        CHECK(again.output.find("Reused, ") != std::string::npos);
    }
}

TEST_CASE("http_server: ALPN selects http/1.1 or refuses") {
    TlsFixture fixture;
    const auto both = s_client(fixture, {"-alpn", "h2,http/1.1"});
    CHECK(both.output.find("ALPN protocol: http/1.1") != std::string::npos);
    CHECK_FALSE(served(s_client(fixture, {"-alpn", "h2"})));
}

TEST_CASE("http_server: a new identity serves new connections and leaves the old ones alone") {
    TlsFixture fixture;
    test::BackgroundProgram before(
        {"openssl", "s_client", "-nameopt", "RFC2253", "-connect", fixture.target(), "-ign_eof"});
    REQUIRE(before.wait_for("subject=CN=first"));
    REQUIRE(before.wait_for("Verify return code"));
    fixture.server.set_identity(identity("second"));
    CHECK(s_client(fixture, {}).output.find("subject=CN=second") != std::string::npos);
    before.send(k_get);
    CHECK(before.wait_for("HTTP/1.1 200 OK"));
}

TEST_CASE("http_server: curl posts over a kept TLS connection") {
    TlsFixture fixture;
    const auto url = "https://localhost:" + std::to_string(fixture.server.port(0)) + "/";
    const auto connect = "localhost:" + std::to_string(fixture.server.port(0)) + ":127.0.0.1";
    const auto out =
        test::run({"curl", "-sSv", "--cacert", ca().path("root.pem"), "--resolve", connect, "-d", " one", url, "--next",
                   "-sS", "--cacert", ca().path("root.pem"), "-H", "Transfer-Encoding: chunked", "-d", " two", url});
    CHECK(out.find("https one") != std::string::npos);
    CHECK(out.find("https two") != std::string::npos);
    CHECK(out.find("Re-using existing ") != std::string::npos);
}

TEST_CASE("http_server: a handshake that does not come, or comes in drops, ends in time") {
    HttpLimits limits;
    limits.handshake = 150ms;
    TlsFixture fixture(limits);
    test::RawClient silent(fixture.server.port(0));
    CHECK(silent.closed());
    test::RawClient trickler(fixture.server.port(0));
    trickler.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9));
    while (trickler.send("\x03")) {
        pollfd answered{trickler.fd(), POLLIN, 0};
        if (::poll(&answered, 1, 20) == 1) break;
    }
    CHECK(trickler.closed());
    test::RawClient plain(fixture.server.port(0));
    plain.send(k_get);
    CHECK(plain.read_all().find("HTTP/") == std::string::npos);
}

TEST_CASE("http_server: an identity that does not fit is refused") {
    HttpServer server(
        {{"127.0.0.1:0", true}}, [](const Request&) { return Response{}; }, 1);
    TlsIdentity mixed{ca().text("first.chain"), base::Secret(ca().text("second.key"))};
    CHECK_THROWS_WITH(server.set_identity(mixed), "the TLS certificate and the TLS key do not belong together");
    CHECK_THROWS(server.start());
}
