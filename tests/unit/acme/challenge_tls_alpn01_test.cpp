#include "acme/challenge_tls_alpn01.h"

#include <doctest/doctest.h>
#include <thread>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "net/handshake_listener.h"
#include "net/listener.h"
#include "support/background_program.h"
#include "support/forbidden_targets.h"
#include "support/programs.h"
#include "support/table_resolver.h"
#include "support/temporary_directory.h"
#include "x509/build.h"
#include "x509/der.h"
#include "x509/pem.h"

using namespace signet;
using base::Kind;
using x509::Identifier;

namespace {

constexpr auto k_oid = "1.3.6.1.5.5.7.1.31";

base::Bytes digest_value(std::string_view text) {
    return x509::der::octet_string(crypto::sha256(base::bytes_of(text)));
}

int free_port() { return net::Listener({"127.0.0.1:0", false}).port(); }

/// A good answer, for tests to spoil.
x509::Template good_answer(const Identifier& identifier = Identifier::dns("www.test")) {
    x509::Template content;
    content.serial = {7};
    content.subject.add("CN", "test");
    content.names = {identifier};
    content.not_before = base::from_unix(1'000'000'000);
    content.not_after = base::from_unix(1'000'000'001);  // long over: nobody looks
    content.extra = {{k_oid, true, digest_value("tok.thumb")}};
    return content;
}

net::TlsIdentity identity_of(x509::Template content) {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    content.public_key = key.public_key();
    return {x509::encode_certificates({x509::build_self_signed(content, key)}), key.to_pem()};
}

struct Check {
    test::TableResolver resolver;
    net::AddressPolicy policy{{net::Cidr::parse("127.0.0.0/8", "test"), net::Cidr::parse("::1", "test")}, {}};
    int port;
    Kind kind{};
    explicit Check(int p) : port(p) { resolver.set("www.test", {"127.0.0.1"}); }
    std::string run(const Identifier& identifier = Identifier::dns("www.test"),
                    std::chrono::milliseconds timeout = std::chrono::seconds(5)) {
        acme::ValidationContext context{resolver, policy, 80, port, timeout, "test"};
        try {
            acme::validate_tls_alpn01(context, identifier, "tok", "tok.thumb");
            return {};
        } catch (const base::Error& error) {
            kind = error.kind();
            return error.message();
        }
    }
};

/// A target whose certificate the test writes, for any of these names.
struct Target {
    net::HandshakeListener listener;
    explicit Target(const x509::Template& content, const std::string& name = "www.test",
                    const std::string& protocol = "acme-tls/1")
        : listener(0, protocol) {
        listener.add(name, identity_of(content));
    }
};

}  // namespace

TEST_CASE("tls-alpn-01: holds for the one name with the digest, whatever the certificate's times") {
    Target target(good_answer());
    Check check(target.listener.port());
    CHECK(check.run() == "");
}

TEST_CASE("tls-alpn-01: an address is asked for by its reverse name") {
    CHECK(acme::reverse_name(*net::Address::parse("192.0.2.1")) == "1.2.0.192.in-addr.arpa");
    CHECK(acme::reverse_name(*net::Address::parse("2001:db8::a")) ==
          "a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    Target target(good_answer(Identifier::ip("127.0.0.1")), "1.0.0.127.in-addr.arpa");
    Check check(target.listener.port());
    CHECK(check.run(Identifier::ip("127.0.0.1")) == "");
    // A dNSName that reads like the address, or its reverse name, is not the address (RFC 8738 section 6).
    Target named(good_answer(Identifier::dns("1.0.0.127.in-addr.arpa")), "1.0.0.127.in-addr.arpa");
    CHECK(Check(named.listener.port()).run(Identifier::ip("127.0.0.1")) != "");
    Target other(good_answer(Identifier::ip("127.0.0.2")), "1.0.0.127.in-addr.arpa");
    CHECK(Check(other.listener.port()).run(Identifier::ip("127.0.0.1")) != "");
}

TEST_CASE("tls-alpn-01: each thing that a certificate may lack is refused, with the address and a reason") {
    struct Row {
        const char* reason;
        void (*spoil)(x509::Template&);
    };
    const Row rows[] = {
        {"not just www.test", [](auto& answer) { answer.names = {Identifier::dns("other.test")}; }},
        {"not just www.test", [](auto& answer) { answer.names.push_back(Identifier::dns("two.test")); }},
        {"not just www.test", [](auto& answer) { answer.names.push_back(Identifier::ip("127.0.0.1")); }},
        {"not just www.test", [](auto& answer) { answer.names = {Identifier::dns("*.www.test")}; }},
        {"not just www.test", [](auto& answer) { answer.names.clear(); }},
        {"not just www.test", [](auto& answer) { answer.names = {Identifier::email("www.test@www.test")}; }},
        {"without acmeIdentifier", [](auto& answer) { answer.extra.clear(); }},
        {"not critical", [](auto& answer) { answer.extra[0].critical = false; }},
        {"not the digest", [](auto& answer) { answer.extra[0].value = digest_value("tok.other"); }},
        {"not the digest",
         [](auto& answer) {
             answer.extra[0].value.erase(answer.extra[0].value.begin(), answer.extra[0].value.begin() + 2);
         }},
        {"not the digest", [](auto& answer) { answer.extra[0].value.push_back(0); }},
    };
    for (const auto& row : rows) {
        CAPTURE(row.reason);
        auto content = good_answer();
        row.spoil(content);
        Target target(content);
        Check check(target.listener.port());
        const auto message = check.run();
        CHECK(message.find(row.reason) != std::string::npos);
        CHECK(message.find("www.test at 127.0.0.1 port ") == 0);
        CHECK(message.find("other.test") == std::string::npos);
        CHECK(check.kind == Kind::incorrect_response);
    }
}

TEST_CASE("tls-alpn-01: a server of another protocol, of another name, or of none proves nothing") {
    Target web(good_answer(), "www.test", "http/1.1");
    Check check(web.listener.port());
    CHECK(check.run().find("no TLS handshake for acme-tls/1 with www.test at 127.0.0.1") == 0);
    CHECK(check.kind == Kind::tls);
    Target other(good_answer(), "other.test");
    Check unknown(other.listener.port());
    CHECK(unknown.run() != "");
    CHECK(unknown.kind == Kind::tls);
}

TEST_CASE("tls-alpn-01: a server that selects no protocol is refused, and so is TLS below 1.2") {
    const auto identity = identity_of(good_answer());
    const test::TemporaryDirectory directory;
    const auto file = directory.path() / "both.pem";
    base::write_file(file, identity.chain_pem + std::string(identity.key_pem.reveal()));
    struct Row {
        std::vector<std::string> arguments;
        Kind kind;
        const char* reason;
    };
    const Row rows[] = {
        {{}, Kind::incorrect_response, "did not select the protocol"},
        {{"-alpn", "acme-tls/1", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}, Kind::tls, "no TLS handshake"},
        {{"-alpn", "acme-tls/1", "-tls1_2"}, {}, ""},
        {{"-alpn", "acme-tls/1", "-tls1_3"}, {}, ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.arguments);
        const int port = free_port();
        std::vector<std::string> arguments{"openssl", "s_server",   "-accept", std::to_string(port),
                                           "-cert",   file.string()};
        arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
        test::BackgroundProgram server(arguments);
        REQUIRE(server.wait_for("ACCEPT"));
        Check check(port);
        const auto message = check.run();
        CHECK((std::string(row.reason).empty() ? message.empty() : message.find(row.reason) != std::string::npos));
        if (*row.reason != 0) CHECK(check.kind == row.kind);
    }
}

TEST_CASE("tls-alpn-01: a certificate made by OpenSSL holds, its name in capitals; the connection is closed at once") {
    const test::TemporaryDirectory directory;
    const auto key = (directory.path() / "key.pem").string(), certificate = (directory.path() / "crt.pem").string();
    const auto extension = std::string(k_oid) + "=critical,DER:" + base::hex_encode(digest_value("tok.thumb"));
    test::run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
               "/CN=x", "-addext", "subjectAltName=DNS:WWW.Test", "-addext", extension, "-keyout", key, "-out",
               certificate});
    const int port = free_port();
    const std::vector<std::string> serve{"openssl", "s_server",  "-accept", std::to_string(port), "-key",     key,
                                         "-cert",   certificate, "-alpn",   "acme-tls/1",         "-naccept", "1"};
    {
        test::BackgroundProgram server(serve);
        REQUIRE(server.wait_for("ACCEPT"));
        CHECK(Check(port).run() == "");
        CHECK(server.ends());
        CHECK(server.output().find("ALPN protocols advertised by the client: acme-tls/1\n") != std::string::npos);
    }
    auto quietly = serve;
    quietly.push_back("-quiet");  // prints what the client sends, nothing else
    test::BackgroundProgram server(quietly);
    std::string failure = "not tried";
    for (int i = 0; i < 500 && !failure.empty(); ++i) {
        if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));  // until it listens
        failure = Check(port).run();
    }
    CHECK(failure == "");
    CHECK(server.ends());
    for (const auto line : base::split(server.output(), '\n')) {  // it may complain of the abrupt end
        CHECK((line.empty() || line.find(":error:") != std::string_view::npos));
    }
}

TEST_CASE("tls-alpn-01: targets that validation must not reach are refused before any connection") {
    Target target(good_answer());
    for (const auto* address : test::k_forbidden_targets) {
        CAPTURE(address);
        Check check(target.listener.port());
        check.policy.allow.clear();
        check.resolver.set("www.test", {address});
        CHECK(check.run().find("is not a target for validation") != std::string::npos);
        CHECK(check.kind == Kind::refused);
        CHECK(check.run(Identifier::ip(address)) != "");
        CHECK(check.kind == Kind::refused);
    }
}

TEST_CASE("tls-alpn-01: connects to the address that was checked, not to a forbidden one beside it") {
    Target target(good_answer());
    Check check(target.listener.port());
    check.policy.deny = {net::Cidr::parse("127.0.0.2", "test")};
    check.resolver.set_sequence("www.test", {{"127.0.0.1"}, {"127.0.0.2"}});
    CHECK(check.run() == "");
    CHECK(check.resolver.asked("www.test") == 1);
    Check second(target.listener.port());
    second.resolver.set("www.test", {"192.0.2.255", "127.0.0.1"});
    second.policy.deny = {net::Cidr::parse("192.0.2.0/24", "test")};
    CHECK(second.run() == "");
    CHECK(second.run(Identifier::dns("nowhere.test")) == "no address found for nowhere.test");
    CHECK(second.kind == Kind::dns);
}

TEST_CASE("tls-alpn-01: a target that never answers costs no more than the attempt's time") {
    net::Listener silent({"127.0.0.1:0", false});
    Check check(silent.port());
    CHECK(check.run(Identifier::dns("www.test"), std::chrono::milliseconds(200)).find("in time") != std::string::npos);
    CHECK(check.kind == Kind::timeout);
}

TEST_CASE("tls-alpn-01: applies to names and addresses, not to wildcards") {
    CHECK(acme::tls_alpn01_applies(Identifier::dns("a.test"), false));
    CHECK(acme::tls_alpn01_applies(Identifier::ip("::1"), false));
    CHECK_FALSE(acme::tls_alpn01_applies(Identifier::dns("a.test"), true));
    CHECK_FALSE(acme::tls_alpn01_applies(Identifier::uri("spiffe://a/b"), false));
}

TEST_CASE("tls-alpn-01: presented answers stand side by side on one listener, and are taken back") {
    const int port = free_port();
    acme::ResponderContext responder;
    responder.tls_alpn01_port = port;
    Check check(port);
    check.resolver.set("two.test", {"127.0.0.1"});
    auto answer = acme::present_tls_alpn01(responder, Identifier::dns("www.test"), "tok", "tok.thumb");
    const auto other = acme::present_tls_alpn01(responder, Identifier::dns("two.test"), "tok", "tok.thumb");
    const auto address = acme::present_tls_alpn01(responder, Identifier::ip("127.0.0.1"), "tok", "tok.thumb");
    CHECK(check.run() == "");
    CHECK(check.run(Identifier::dns("two.test")) == "");
    CHECK(check.run(Identifier::ip("127.0.0.1")) == "");
    answer.reset();
    CHECK(check.run() != "");
    CHECK(check.run(Identifier::dns("two.test")) == "");
}

TEST_CASE("tls-alpn-01: OpenSSL sees in a presented answer what RFC 8737 asks for") {
    const int port = free_port();
    acme::ResponderContext responder;
    responder.tls_alpn01_port = port;
    const auto answer = acme::present_tls_alpn01(responder, Identifier::dns("www.test"), "tok", "tok.thumb");
    const auto seen = test::run({"openssl", "s_client", "-connect", "127.0.0.1:" + std::to_string(port), "-servername",
                                 "www.test", "-alpn", "acme-tls/1"});
    CHECK(seen.find("ALPN protocol: acme-tls/1") != std::string::npos);
    const auto text = test::run({"openssl", "x509", "-noout", "-text"}, seen);
    CHECK(text.find("DNS:www.test\n") != std::string::npos);
    CHECK(text.find("1.3.6.1.5.5.7.1.31: critical") != std::string::npos);
}
