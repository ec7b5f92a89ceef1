#include "x509/identifier.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace signet;
using x509::Identifier;

namespace {

struct Refused {
    std::string message, hint;
};

Refused refusal(std::string_view text) {
    try {
        const Identifier taken = Identifier::parse(text);
        return {"taken as " + std::string(x509::type_name(taken.type())) + " " + taken.text(), ""};
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::bad_input);
        return {error.message(), error.hint()};
    }
}

}  // namespace

TEST_CASE("identifier: the form tells the type, the text is canonical") {
    struct Row {
        const char* text;
        const char* type;
        const char* canonical;
    };
    const Row rows[] = {
        {"Worker-1.Internal", "dns", "worker-1.internal"},
        {"localhost", "dns", "localhost"},
        {"payment-service", "dns", "payment-service"},
        {"worker.internal.", "dns", "worker.internal"},
        {"*.Mesh.internal", "dns", "*.mesh.internal"},
        {"xn--mnchen-3ya.example", "dns", "xn--mnchen-3ya.example"},
        {"r3---sn.example", "dns", "r3---sn.example"},
        {"1password.example", "dns", "1password.example"},
        {"10.0.0.7", "ip", "10.0.0.7"},
        {"2001:DB8:0:0:1:0:0:1", "ip", "2001:db8::1:0:0:1"},
        {"2001:db8:0:1:1:1:1:1", "ip", "2001:db8:0:1:1:1:1:1"},
        {"::", "ip", "::"},
        {"::1", "ip", "::1"},
        {"1::", "ip", "1::"},
        {"::ffff:10.0.0.7", "ip", "::ffff:10.0.0.7"},
        {"fe80:0:0:0:0:0:0:1", "ip", "fe80::1"},
        {"SPIFFE://Mesh.Internal/Worker-1", "uri", "spiffe://mesh.internal/Worker-1"},
        {"spiffe://mesh.internal", "uri", "spiffe://mesh.internal"},
        {"https://API.example:8443/a%20b?q#f", "uri", "https://api.example:8443/a%20b?q#f"},
        {"https://user@Host.example/", "uri", "https://user@host.example/"},
        {"https://[2001:db8::1]:8443/", "uri", "https://[2001:db8::1]:8443/"},
        {"urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "uri", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
        {"Ops+x@Example.INTERNAL", "email", "Ops+x@example.internal"},
        {"\"a b\"@example.internal", "email", "\"a b\"@example.internal"},
        {"root@localhost", "email", "root@localhost"},
        {"a@[192.0.2.1]", "email", "a@[192.0.2.1]"},
        {"a@[IPv6:2001:db8::1]", "email", "a@[ipv6:2001:db8::1]"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Identifier parsed = Identifier::parse(row.text);
        CHECK(x509::type_name(parsed.type()) == row.type);
        CHECK(parsed.text() == row.canonical);
        CHECK(Identifier::parse(parsed.text()) == parsed);
    }
}

TEST_CASE("identifier: what is no name of any kind is refused") {
    const std::string label64(64, 'a');
    const std::string long_name =
        std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(62, 'd');
    const std::string rows[] = {
        "",
        " ",
        "a b",
        "under_score.internal",
        "-a.internal",
        "a-.internal",
        "a..internal",
        ".internal",
        ".",
        "*",
        "*.",
        "*.internal",
        "a.*.internal",
        "w*.mesh.internal",
        "*.*.mesh.internal",
        label64,
        long_name,
        "xn--a",
        "xn--",
        "xn--zzzzzzzz99999.internal",
        "xn--abc-.internal",
        "host.123",
        "0x7f.1",
        "1.2.3.0x4",
        "0x7f000001",
        "a.0xff",
        "123",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.01",
        "10.0.0.0/8",
        "1.2.3.4.5",
        "1:2",
        "1:2:3:4:5:6:7:8:9",
        "fe80::1%eth0",
        "[::1]",
        "::g",
        "host.internal:8443",
        "10.0.0.7:443",
        "a/b",
        "a.internal\n",
        std::string("nul\0x", 5),
        "https://",
        "https:///path",
        "spiffe://mesh/",
        "spiffe://mesh//a",
        "spiffe://mesh/../a",
        "spiffe://mesh:1/a",
        "spiffe://u@mesh/a",
        "spiffe://mesh/a?x",
        "spiffe://mesh/a#f",
        "spiffe://me$h/a",
        "spiffe:mesh",
        "https://a b/",
        "https://h/%zz",
        "https://h:x/",
        "://h",
        "urn:",
        "@example.internal",
        "a@",
        "a@b@c",
        "a b@example.internal",
        "a..b@example.internal",
        ".a@example.internal",
        "a@*.example.internal",
        "a@exam_ple.internal",
        "a@[300.1.1.1]",
        std::string(65, 'l') + "@example.internal",
    };
    for (const std::string& text : rows) {
        CAPTURE(text);
        const Refused refused = refusal(text);
        CHECK_MESSAGE(!refused.message.starts_with("taken"), refused.message);
        CHECK(!refused.hint.empty());
    }
    const std::string fits =
        std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
    CHECK(Identifier::parse(fits).text() == fits);
}

TEST_CASE("identifier: errors say what is wrong and what was meant") {
    CHECK(refusal("münchen.example").hint == "write its A-labels: xn--mnchen-3ya.example");
    CHECK(refusal("MÜNCHEN.example").hint == "write its A-labels: xn--mnchen-3ya.example");
    CHECK(refusal("bücher.пример").hint == "write its A-labels: xn--bcher-kva.xn--e1afmkfd");
    CHECK(refusal("under_score.internal").hint == "host names have no underscore: use a hyphen");
    CHECK(refusal("host.internal:8443").hint == "leave \":8443\" out");
    CHECK(refusal("*.internal").message == "\"*.internal\" is not a DNS name: it has a wildcard above a single label");
    CHECK(refusal("10.0.0.0/8").hint == "give each address");
    CHECK(refusal("[::1]").hint == "leave brackets and port out");
    CHECK_THROWS_AS(Identifier::dns("10.0.0.7"), base::Error);
    CHECK_THROWS_AS(Identifier::dns("::1"), base::Error);
    CHECK_THROWS_AS(Identifier::ip("localhost"), base::Error);
    CHECK_THROWS_AS(Identifier::ip_bytes(base::Bytes(5)), base::Error);
}

TEST_CASE("identifier: octets and back") {
    CHECK(Identifier::ip("10.0.0.7").octets() == base::Bytes{10, 0, 0, 7});
    const Identifier six = Identifier::ip("2001:db8::ff");
    CHECK(Identifier::ip_bytes(six.octets()) == six);
    CHECK(Identifier::dns("*.mesh.internal").base_name() == "mesh.internal");
    CHECK(Identifier::dns("mesh.internal").base_name() == "mesh.internal");
}

TEST_CASE("identifier: a wildcard covers one left-most label") {
    const auto covers = [](const char* presented, const char* reference) {
        return x509::matches(Identifier::parse(presented), Identifier::parse(reference));
    };
    CHECK(covers("a.mesh.internal", "A.mesh.internal"));
    CHECK(covers("*.mesh.internal", "a.mesh.internal"));
    CHECK(!covers("*.mesh.internal", "mesh.internal"));
    CHECK(!covers("*.mesh.internal", "a.b.mesh.internal"));
    CHECK(!covers("a.mesh.internal", "*.mesh.internal"));
    CHECK(covers("*.mesh.internal", "*.mesh.internal"));
    CHECK(!covers("*.mesh.internal", "*.a.mesh.internal"));
    CHECK(covers("10.0.0.7", "10.0.0.7"));
    CHECK(!covers("10.0.0.7", "::ffff:10.0.0.7"));
    CHECK(!covers("spiffe://mesh.internal/a", "spiffe://mesh.internal/A"));
    CHECK(!covers("spiffe://mesh.internal/a", "mesh.internal"));
}
