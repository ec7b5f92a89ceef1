#include "acme/caa.h"

#include <doctest/doctest.h>

#include "support/table_resolver.h"

using namespace signet;
using net::CaaRecord;
using x509::Identifier;

namespace {

const std::vector<std::string> k_identities{"ca.test", "other-ca.test"};

struct Asked {
    test::TableResolver resolver;
    std::string refusal(const std::string& name, const char* method = "dns-01") {
        acme::CaaCheck check({.resolver = resolver, .identities = k_identities, .is_account = [](std::string_view uri) {
                                  return uri == "https://ca.test/acct/1";
                              }});
        return check.refusal(Identifier::parse(name), method).value_or("permitted");
    }
    bool permitted(const std::string& name, const char* method = "dns-01") {
        return refusal(name, method) == "permitted";
    }
};

CaaRecord issue(const char* value) { return {false, "issue", value}; }
CaaRecord issuewild(const char* value) { return {false, "issuewild", value}; }

}  // namespace

TEST_CASE("CAA: the nearest name with any record decides, and nothing above it is asked") {
    Asked asked;
    CHECK(asked.permitted("a.b.example.test"));
    CHECK(asked.resolver.caa_asked() ==
          std::vector<std::string>{"a.b.example.test", "b.example.test", "example.test", "test"});
    asked.resolver.set_caa("test", {issue(";")});
    CHECK(asked.refusal("a.b.example.test").find("at test ") != std::string::npos);
    asked.resolver.set_caa("example.test", {issue("ca.test")});
    CHECK(asked.permitted("a.b.example.test"));
    asked.resolver.set_caa("b.example.test", {issue("stranger.test")});
    CHECK(asked.refusal("a.b.example.test").find("at b.example.test ") != std::string::npos);
    CHECK(asked.permitted("c.example.test"));
    asked.resolver.set_caa("a.b.example.test", {issue("stranger.test"), issue("OTHER-CA.test")});
    CHECK(asked.permitted("a.b.example.test"));
}

TEST_CASE("CAA: a property that restricts something else decides, but restricts nothing here") {
    Asked asked;
    asked.resolver.set_caa("test", {issue(";")});
    asked.resolver.set_caa("www.test", {{false, "iodef", "mailto:a@b.test"}, {true, "issuemail", ";"}});
    CHECK(asked.permitted("www.test"));
    CHECK(asked.permitted("*.www.test"));
    asked.resolver.set_caa("www.test", {{false, "tbs", "unknown"}});
    CHECK(asked.permitted("www.test"));
}

TEST_CASE("CAA: issuewild goes before issue for wildcards, and is nothing to other names") {
    struct Row {
        std::vector<CaaRecord> records;
        bool name, wildcard;
    };
    const Row rows[] = {
        {{issue("ca.test")}, true, true},
        {{issue(";")}, false, false},
        {{issue("ca.test"), issuewild(";")}, true, false},
        {{issue(";"), issuewild("ca.test")}, false, true},
        {{issuewild("ca.test")}, true, true},
        {{issuewild("stranger.test")}, true, false},
        {{issuewild("stranger.test"), issuewild("ca.test")}, true, true},
    };
    for (const auto& row : rows) {
        Asked asked;
        asked.resolver.set_caa("example.test", row.records);
        CAPTURE(row.records.front().value);
        CHECK(asked.permitted("example.test") == row.name);
        CHECK(asked.permitted("*.example.test") == row.wildcard);
        CHECK(asked.resolver.caa_asked() == std::vector<std::string>{"example.test", "example.test"});
    }
}

TEST_CASE("CAA: a critical property that is not understood refuses, whatever stands beside it") {
    Asked asked;
    asked.resolver.set_caa("www.test", {issue("ca.test"), {true, "tbs", "unknown"}});
    CHECK(asked.refusal("www.test").find("critical") != std::string::npos);
    asked.resolver.set_caa("www.test", {{true, "ISSUE", "ca.test"}, {true, "IoDef", "x"}});
    CHECK(asked.permitted("www.test"));
}

TEST_CASE("CAA: values, accounts and methods of RFC 8657") {
    struct Row {
        const char* value;
        bool by_dns, by_http;
    };
    const Row rows[] = {
        {"ca.test", true, true},
        {"ca.test; unknown=1", true, true},
        {"%%%%%", false, false},
        {"ca.test; x", false, false},
        {"ca.test; accounturi=https://ca.test/acct/1", true, true},
        {"ca.test; accounturi=https://ca.test/acct/2", false, false},
        {"ca.test; accounturi=", false, false},
        {"ca.test; accounturi=https://ca.test/acct/1; accounturi=https://ca.test/acct/1", false, false},
        {"ca.test; validationmethods=dns-01", true, false},
        {"ca.test; validationmethods=http-01,dns-01", true, true},
        {"ca.test; validationmethods=tls-alpn-01", false, false},
        {"ca.test; ValidationMethods=dns-01", true, false},
        {"ca.test; validationmethods=DNS-01", false, false},
        {"ca.test; validationmethods=dns-01,", false, false},
        {"ca.test; validationmethods=", false, false},
        {"ca.test; validationmethods=dns-01; validationmethods=http-01", false, false},
        {"ca.test; accounturi=https://ca.test/acct/1; validationmethods=http-01", false, true},
        {"stranger.test; accounturi=https://ca.test/acct/1", false, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.value);
        Asked asked;
        asked.resolver.set_caa("www.test", {issue(row.value)});
        CHECK(asked.permitted("www.test", "dns-01") == row.by_dns);
        CHECK(asked.permitted("www.test", "http-01") == row.by_http);
        CHECK(asked.refusal("www.test", "none").find("%%") == std::string::npos);
    }
}

TEST_CASE("CAA: a record that cannot be looked up refuses, on the way up too") {
    Asked asked;
    asked.resolver.break_caa("example.test");
    CHECK(asked.refusal("example.test").find("SERVFAIL") != std::string::npos);
    CHECK_FALSE(asked.permitted("a.example.test"));
    asked.resolver.set_caa("a.example.test", {issue("ca.test")});
    CHECK(asked.permitted("a.example.test"));
}

TEST_CASE("CAA: addresses have no such records; names that share parents ask once") {
    Asked asked;
    CHECK(asked.permitted("192.0.2.1"));
    CHECK(asked.resolver.caa_asked().empty());
    acme::CaaCheck check({.resolver = asked.resolver, .identities = k_identities, .is_account = {}});
    for (const char* name : {"a.x.test", "b.x.test", "*.x.test"}) CHECK_FALSE(check.refusal(Identifier::dns(name), ""));
    CHECK(asked.resolver.caa_asked() == std::vector<std::string>{"a.x.test", "x.test", "test", "b.x.test"});
}

TEST_CASE("CAA: all names together have a time limit") {
    Asked asked;
    acme::CaaCheck check({.resolver = asked.resolver,
                          .identities = k_identities,
                          .is_account = {},
                          .timeout = std::chrono::milliseconds(0)});
    CHECK(check.refusal(Identifier::dns("www.test"), "").value_or("").find("in time") != std::string::npos);
    CHECK(asked.resolver.caa_asked().empty());
}
