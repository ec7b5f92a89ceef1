#include "ca/pattern.h"

#include <chrono>
#include <doctest/doctest.h>
#include <string>

#include "base/error.h"

using namespace signet;
using x509::Identifier;

namespace {

struct Row {
    const char* pattern;
    const char* name;
    bool within;
    bool meets;
};

}  // namespace

TEST_CASE("pattern: DNS names within and met by a pattern") {
    const Row rows[] = {
        {"x.y", "x.y", true, true},
        {"x.y", "a.x.y", false, false},
        {"x.y", "ax.y", false, false},
        {"y", "x.y", false, false},
        {"*.y", "x.y", true, true},
        {"*.y", "y", false, false},
        {"*.y", "a.x.y", false, false},
        {"*.y", "xy", false, false},
        {"*.x.y", "evilx.y", false, false},
        {"**.y", "x.y", true, true},
        {"**.y", "a.b.c.y", true, true},
        {"**.y", "y", false, false},
        {"**.x.y", "evilx.y", false, false},
        {"**", "anything", true, true},
        {"localhost", "localhost", true, true},
        // a wildcard asks for every name with one label in its place
        {"**", "*.x.y", true, true},
        {"*.x.y", "*.x.y", true, true},
        {"**.y", "*.x.y", true, true},
        {"**.x.y", "*.x.y", true, true},
        {"*.y", "*.x.y", false, false},
        {"x.y", "*.x.y", false, false},
        {"a.x.y", "*.x.y", false, true},
        {"a.b.x.y", "*.x.y", false, false},
        {"**.a.x.y", "*.x.y", false, false},
        {"*.a.x.y", "*.x.y", false, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.name);
        const Identifier name = Identifier::dns(row.name);
        const std::string pattern = ca::canonical_dns_pattern(row.pattern);
        CHECK(ca::dns_within(pattern, name) == row.within);
        CHECK(ca::dns_meets(pattern, name) == row.meets);
    }
}

TEST_CASE("pattern: DNS patterns are made canonical, or refused") {
    CHECK(ca::canonical_dns_pattern("*.Mesh.Internal") == "*.mesh.internal");
    for (const char* bad : {"", "*", "***", "*.*.y", "**.*.y", "a.*.y", "a*.y", "*y", ".y", "**.", "a b", "10.0.0.1"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(ca::canonical_dns_pattern(bad), base::Error);
    }
}

TEST_CASE("pattern: networks contain addresses, mapped ones as the IPv4 that they reach") {
    struct {
        const char* cidr;
        const char* address;
        bool inside;
    } const rows[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.7", "10.0.0.7", true},
        {"10.0.0.7", "10.0.0.6", false},
        {"0.0.0.0/0", "1.2.3.4", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "::1", true},
        {"::/0", "1.2.3.4", false},
        {"fd00::/8", "fd12::1", true},
        {"fd00::/9", "fd80::1", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"::/0", "::ffff:10.1.2.3", false},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
        {"::ffff:10.0.0.0/104", "11.1.2.3", false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.cidr);
        CAPTURE(row.address);
        CHECK(ca::cidr_contains(ca::canonical_cidr(row.cidr), Identifier::ip(row.address).octets()) == row.inside);
    }
    CHECK(ca::canonical_cidr("FD00:0::/8") == "fd00::/8");
    CHECK(ca::canonical_cidr("10.0.0.7") == "10.0.0.7/32");
    for (const char* bad : {"", "10.0.0.0/33", "10.0.0.1/8", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                            "::ffff:0.0.0.0/90", "example.internal"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(ca::canonical_cidr(bad), base::Error);
    }
}

TEST_CASE("pattern: a network with bits beyond its prefix is refused with the one meant") {
    try {
        ca::canonical_cidr("10.1.2.3/8");
        FAIL("accepted");
    } catch (const base::Error& error) {
        CHECK(error.hint() == "write 10.0.0.0/8");
    }
}

TEST_CASE("pattern: one star stays within a path segment, two cross") {
    struct {
        const char* pattern;
        const char* uri;
        bool matches;
    } const rows[] = {
        {"spiffe://mesh.internal/worker", "spiffe://mesh.internal/worker", true},
        {"spiffe://mesh.internal/worker", "spiffe://mesh.internal/worker/2", false},
        {"SPIFFE://Mesh.internal/*", "spiffe://mesh.internal/worker", true},
        {"spiffe://mesh.internal/*", "spiffe://mesh.internal/a/b", false},
        {"spiffe://mesh.internal/*", "spiffe://mesh.internal/", false},
        {"spiffe://mesh.internal/**", "spiffe://mesh.internal/a/b/c", true},
        {"spiffe://mesh.internal/**", "spiffe://mesh.internal.evil.net/a", false},
        {"spiffe://mesh.internal/ns/*/sa/*", "spiffe://mesh.internal/ns/prod/sa/web", true},
        {"spiffe://mesh.internal/ns/*/sa/*", "spiffe://mesh.internal/ns/a/b/sa/web", false},
        {"spiffe://mesh.internal/web-*", "spiffe://mesh.internal/web-1", true},
        {"spiffe://*/x", "spiffe://mesh.internal/x", true},
        {"https://*.mesh.internal/", "https://evil.net/?.mesh.internal/", false},
        {"https://h.internal/a/*", "https://h.internal/a/b?c=d", false},
        {"https://h.internal/a/*", "https://h.internal/a/b%2Fc", false},
        {"https://h.internal/a/*", "https://h.internal/a/b%2fc", false},
        {"https://h.internal/a/**", "https://h.internal/a/b%2Fc", true},
        {"https://h.internal/A", "https://h.internal/a", false},
        {"urn:uuid:*", "urn:uuid:1234", true},
        {"**", "urn:uuid:1234", true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.uri);
        CHECK(ca::uri_matches(ca::canonical_uri_pattern(row.pattern), row.uri) == row.matches);
    }
    for (const char* bad : {"", "mesh.internal", ":x", "a b:c", "spiffe://m/***"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(ca::canonical_uri_pattern(bad), base::Error);
    }
}

TEST_CASE("pattern: e-mail stars stay before the @ unless doubled") {
    struct {
        const char* pattern;
        const char* address;
        bool matches;
    } const rows[] = {
        {"*@Example.internal", "a.b@example.internal", true},
        {"*@example.internal", "a@sub.example.internal", false},
        {"*@example.internal", "\"a@evil.net\"@example.internal", false},
        {"**@example.internal", "\"a@evil.net\"@example.internal", true},
        {"ops-*@example.internal", "ops-1@example.internal", true},
        {"ops@**.internal", "ops@a.b.internal", true},
        {"**", "x@y", true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.address);
        CHECK(ca::email_matches(ca::canonical_email_pattern(row.pattern), row.address) == row.matches);
    }
    for (const char* bad : {"", "example.internal", "@example.internal", "a@", "a@*.internal"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(ca::canonical_email_pattern(bad), base::Error);
    }
}

TEST_CASE("pattern: globbing takes no exponential time") {
    std::string pattern = "urn:", text = "urn:" + std::string(2000, 'a');
    for (int i = 0; i < 100; ++i) pattern += "*a";
    const std::string canonical = ca::canonical_uri_pattern(pattern);
    CHECK(ca::uri_matches(canonical, text));
    CHECK_FALSE(ca::uri_matches(canonical, text + "b"));  // by backtracking this would take longer than the universe
}
