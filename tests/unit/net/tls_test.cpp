#include "net/tls.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/background_program.h"
#include "support/openssl_ca.h"
#include "support/scripted_server.h"

using namespace signet;
using namespace signet::net;
using namespace std::chrono_literals;

namespace {

struct Authority : test::OpensslCa {
    Authority() {
        leaf("server", "DNS:localhost,IP:127.0.0.1");
        leaf("client", "DNS:client.test");
    }
};
const Authority& ca() {
    static const Authority made;
    return made;
}
const Authority& foreign() {
    static const Authority made;
    return made;
}

/// openssl s_server with `more` options.
struct Peer {
    explicit Peer(std::vector<std::string> more) : program(arguments(std::move(more))) {
        REQUIRE(program.wait_for("ACCEPT "));
        REQUIRE(program.wait_for("\n"));
        const auto line = program.output().substr(program.output().find("ACCEPT "));
        port = std::stoi(line.substr(line.find(':') + 1));
    }
    static std::vector<std::string> arguments(std::vector<std::string> more) {
        std::vector<std::string> all{"openssl",     "s_server",
                                     "-accept",     "127.0.0.1:0",
                                     "-cert",       ca().path("server.pem"),
                                     "-cert_chain", ca().path("issuing.pem"),
                                     "-key",        ca().path("server.key"),
                                     "-CAfile",     ca().path("root.pem")};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    test::BackgroundProgram program;
    int port = 0;
};

TlsDialRequest to(int port) {
    TlsDialRequest request;
    request.host = "127.0.0.1";
    request.port = port;
    request.server_name = "localhost";
    return request;
}

struct Identity {
    explicit Identity(const Authority& authority)
        : chain(authority.text("client.chain")), key(authority.text("client.key")) {}
    TlsDialRequest with(TlsDialRequest request) const {
        request.certificate_pem = chain;
        request.key_pem = &key;
        return request;
    }
    std::string chain;
    base::Secret key;
};

/// "ok", or the kind of the error and its message.
std::string outcome(const TlsDialRequest& request) {
    try {
        make_tls_dialer()->dial(request);
        return "ok";
    } catch (const base::Error& error) {
        return std::string(base::kind_name(error.kind())) + ": " + error.message();
    }
}
bool refused_with(const std::string& outcome, const std::string& alert) {
    return outcome.starts_with("tls: ") && outcome.ends_with("TLS alert " + alert);
}

}  // namespace

TEST_CASE("tls: a handshake shows protocol, cipher, group, ALPN and the chain as sent") {
    const Peer peer({"-alpn", "acme-tls/1", "-groups", "X25519"});
    auto request = to(peer.port);
    request.alpn = {"h2", "acme-tls/1"};
    const auto shown = make_tls_dialer()->dial(request);
    CHECK(shown.protocol == "TLSv1.3");
    CHECK(shown.cipher.starts_with("TLS_"));
    CHECK(shown.group == "x25519");
    CHECK(shown.alpn == "acme-tls/1");
    REQUIRE(shown.chain.size() == 2);
    CHECK(shown.chain[0].names()[0].text() == "localhost");
    CHECK(shown.chain[1].is_ca());
    CHECK_FALSE(shown.client_certificate_requested);
    CHECK(shown.peer.text() == "127.0.0.1");
}

TEST_CASE("tls: TLS 1.2") {
    const Peer peer({"-tls1_2", "-groups", "P-256"});
    const auto shown = make_tls_dialer()->dial(to(peer.port));
    CHECK(shown.protocol == "TLSv1.2");
    CHECK(shown.cipher.starts_with("ECDHE-"));
    CHECK(shown.group == "secp256r1");
    CHECK(shown.alpn.empty());
}

TEST_CASE("tls: a server that wants our certificate") {
    const Identity good(ca());
    const Identity stranger(foreign());
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        const Peer peer({version, "-Verify", "3", "-verify_return_error"});
        const auto accepted = make_tls_dialer()->dial(good.with(to(peer.port)));
        CHECK(accepted.client_certificate_requested);
        const auto without = outcome(to(peer.port));
        CHECK(refused_with(without, std::string(version) == "-tls1_3" ? "certificate_required" : "handshake_failure"));
        CHECK(refused_with(outcome(stranger.with(to(peer.port))), "unknown_ca"));
    }
}

TEST_CASE("tls: a server that sends no session tickets refuses late, and is heard") {
    const Peer peer({"-tls1_3", "-Verify", "3", "-verify_return_error", "-num_tickets", "0"});
    CHECK(refused_with(outcome(to(peer.port)), "certificate_required"));
    CHECK(outcome(Identity(ca()).with(to(peer.port))) == "ok");
}

TEST_CASE("tls: a server that would like our certificate takes us without") {
    const Peer peer({"-verify", "3"});
    const auto shown = make_tls_dialer()->dial(to(peer.port));
    CHECK(shown.client_certificate_requested);
}

TEST_CASE("tls: alerts are named") {
    const Peer alpn({"-alpn", "other"});
    auto request = to(alpn.port);
    request.alpn = {"acme-tls/1"};
    CHECK(refused_with(outcome(request), "no_application_protocol"));
    const Peer old({"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
    CHECK(outcome(to(old.port)).starts_with("tls: "));
}

TEST_CASE("tls: peers that are none") {
    using Connection = test::ScriptedServer::Connection;
    const test::ScriptedServer silent([](Connection& connection) { connection.hang(); });
    auto request = to(silent.port());
    request.timeout = 200ms;
    CHECK(outcome(request).starts_with("timeout: "));
    const test::ScriptedServer web([](Connection& connection) {
        connection.read_until("\x03");
        connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    CHECK(outcome(to(web.port())).starts_with("tls: "));
    int gone = 0;
    {
        const test::ScriptedServer closed([](Connection&) {});
        gone = closed.port();
    }
    CHECK(outcome(to(gone)).starts_with("connection: "));
    auto fixed = to(gone);
    fixed.host = "no-such-name.invalid";
    fixed.connect_to = Address::parse("127.0.0.1");
    CHECK(outcome(fixed).starts_with("connection: "));
}

TEST_CASE("tls: a client key that is not the certificate's is refused before anything is sent") {
    const Identity good(ca());
    const Identity stranger(foreign());
    auto request = to(1);
    request.certificate_pem = good.chain;
    request.key_pem = &stranger.key;
    CHECK(outcome(request).starts_with("bad_input: "));
}
