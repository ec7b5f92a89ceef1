#include "acme/challenge_dns01.h"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/file.h"
#include "support/dns_responder.h"
#include "support/table_resolver.h"
#include "support/temporary_directory.h"

using namespace signet;
using base::Kind;
using test::DnsResponder;
using x509::Identifier;

namespace {

// printf %s tok.thumb | openssl dgst -sha256 -binary | basenc --base64url
constexpr auto k_value = "sYAwVrqDtVOuJZvAHurSAYPoEt5fFV_C4bdSOOW-o5Y";

std::string check(net::Resolver& resolver, const char* name = "www.test", Kind* kind = nullptr) {
    const net::AddressPolicy nothing;
    const acme::ValidationContext context{resolver, nothing, 80, 443, std::chrono::seconds(5), "test"};
    try {
        acme::validate_dns01(context, Identifier::dns(name), "tok", "tok.thumb");
        return {};
    } catch (const base::Error& error) {
        if (kind != nullptr) *kind = error.kind();
        return error.message();
    }
}

}  // namespace

TEST_CASE("dns-01: holds when any one TXT record is the digest, also for the wildcard's base name") {
    test::TableResolver resolver;
    resolver.set_texts("_acme-challenge.www.test", {"left over", k_value, "another"});
    CHECK(check(resolver) == "");
    CHECK(check(resolver, "*.www.test") == "");
}

TEST_CASE("dns-01: no record, a wrong one and one at the name itself are told apart, never quoted") {
    test::TableResolver resolver;
    Kind kind{};
    resolver.set_texts("www.test", {k_value});
    CHECK(check(resolver, "www.test", &kind) == "there is no TXT record at _acme-challenge.www.test");
    CHECK(kind == Kind::incorrect_response);
    resolver.set_texts("_acme-challenge.www.test", {"CANARY"});
    CHECK(check(resolver, "www.test", &kind) ==
          "the TXT record at _acme-challenge.www.test does not hold the digest of the key authorization");
    CHECK(kind == Kind::incorrect_response);
    for (const std::string& near : {std::string(k_value) + " ", "\"" + std::string(k_value) + "\"",
                                    std::string(k_value) + "=", std::string("tok.thumb")}) {
        resolver.set_texts("_acme-challenge.www.test", {near, "CANARY"});
        CHECK(check(resolver).find("none of the 2 TXT records") == 0);
    }
}

TEST_CASE("dns-01: over real DNS, through an alias and in pieces; a server that fails is a dns error") {
    const std::string value = k_value;
    DnsResponder server([&](const std::string& name, int type) -> DnsResponder::Answer {
        if (type != DnsResponder::k_txt) return {};
        if (name == "_acme-challenge.alias.test") {
            return {.records = {{name, DnsResponder::k_cname, DnsResponder::wire_name("held.elsewhere.test")}}};
        }
        if (name == "held.elsewhere.test") {
            return {.records = {{name, type, DnsResponder::txt({"other"})},
                                {name, type, DnsResponder::txt({value.substr(0, 10), value.substr(10)})}}};
        }
        if (name == "_acme-challenge.broken.test") return {.rcode = DnsResponder::k_servfail};
        return {.rcode = DnsResponder::k_nxdomain};
    });
    const auto resolver = net::make_resolver(server.address());
    CHECK(check(*resolver, "alias.test") == "");
    CHECK(check(*resolver, "none.test") == "there is no TXT record at _acme-challenge.none.test");
    Kind kind{};
    CHECK(check(*resolver, "broken.test", &kind) != "");
    CHECK(kind == Kind::dns);
}

TEST_CASE("dns-01: applies to names and wildcards, never to addresses") {
    CHECK(acme::dns01_applies(Identifier::dns("a.test"), false));
    CHECK(acme::dns01_applies(Identifier::dns("a.test"), true));
    CHECK_FALSE(acme::dns01_applies(Identifier::ip("192.0.2.1"), false));
    CHECK_FALSE(acme::dns01_applies(Identifier::uri("spiffe://a/b"), false));
}

TEST_CASE("dns-01: the hook is run with what to write, and again to take it back") {
    const test::TemporaryDirectory directory;
    const auto script = directory.path() / "hook", log = directory.path() / "log";
    base::write_file(script, "#!/bin/sh\necho \"$*|$SIGNET_HOOK_ACTION $SIGNET_HOOK_NAME $SIGNET_HOOK_VALUE\" >>'" +
                                 log.string() + "'\n[ \"$2\" != fail ] || { echo no zone >&2; exit 7; }\n");
    ::chmod(script.c_str(), 0755);
    const std::string name = "_acme-challenge.www.test.", facts = name + " " + k_value;
    acme::ResponderContext context;
    context.dns_hook = "'" + script.string() + "' 'two words'";
    {
        const auto answer = acme::present_dns01(context, Identifier::dns("*.www.test"), "tok", "tok.thumb");
        CHECK(base::read_file(log, 1000) == "two words present " + facts + "|present " + facts + "\n");
    }
    CHECK(base::read_file(log, 1000).find("two words cleanup " + facts + "|cleanup " + facts) != std::string::npos);

    context.dns_hook = "'" + script.string() + "' x fail";  // $2
    try {
        acme::present_dns01(context, Identifier::dns("www.test"), "tok", "tok.thumb");
        FAIL("the hook failed, and nobody noticed");
    } catch (const base::Error& error) {
        CHECK(error.kind() == Kind::environment);
        CHECK(error.message() == "the DNS hook's present for " + name + " exited with 7: no zone");
    }
    CHECK(base::read_file(log, 9000).find("x fail cleanup") != std::string::npos);
    CHECK_THROWS_AS(acme::present_dns01({}, Identifier::dns("www.test"), "tok", "tok.thumb"), base::Error);
    CHECK_FALSE(acme::find_challenge_type("dns-01")->answerable({}));
    CHECK(acme::find_challenge_type("dns-01")->answerable(context));
}
