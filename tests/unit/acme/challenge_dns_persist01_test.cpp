#include "acme/challenge_dns_persist01.h"

#include <doctest/doctest.h>

#include "acme/challenge_dns_account01.h"
#include "base/error.h"
#include "support/table_resolver.h"

using namespace signet;
using base::Kind;
using x509::Identifier;

namespace {

// The example of draft-ietf-acme-dns-persist-02 section 10.2: RFC 7638's key, its account, example.com and "*".
constexpr auto k_thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
constexpr auto k_url = "https://ca.example/acct/123";
const std::string k_hashed = "https://ca.example/acme/account-hash/sha-256/5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw";
const std::string k_hashed_any =
    "https://ca.example/acme/account-hash/sha-256/NpDnSwUthQK8zCgFdefYxAdAVPnygMLbs9US6oO-5ug";

struct Checked {
    Kind kind{};
    std::string message;  // empty: it holds
    std::optional<base::Time> until;
};

std::optional<std::string> path_of(std::string_view url) {
    for (const std::string_view own : {"https://ca.example/", "https://ca.internal/"}) {
        if (url.starts_with(own)) return std::string(url.substr(own.size() - 1));
    }
    return std::nullopt;
}

Checked check(const std::vector<std::string>& texts, bool wildcard = false) {
    test::TableResolver resolver;
    resolver.set_texts("_validation-persist.example.com", texts);
    const net::AddressPolicy nothing;
    acme::ValidationContext context{.resolver = resolver, .addresses = nothing, .user_agent = "test"};
    context.now = base::from_unix(1000);
    context.wildcard = wildcard;
    context.account = {k_url, {"another", k_thumbprint}, {"authority.example", "ca.example.net"}, path_of};
    try {
        return {{}, {}, acme::validate_dns_persist01(context, Identifier::dns("example.com"), "", "").until};
    } catch (const base::Error& error) {
        return {error.kind(), error.message(), {}};
    }
}

bool holds(const std::string& text, bool wildcard = false) { return check({text}, wildcard).message.empty(); }

}  // namespace

TEST_CASE("dns-persist-01: the draft's example of hashed account URLs") {
    CHECK(acme::account_hash("example.com", k_thumbprint, k_url) == "5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw");
    CHECK(acme::account_hash("*", k_thumbprint, k_url) == "NpDnSwUthQK8zCgFdefYxAdAVPnygMLbs9US6oO-5ug");
}

TEST_CASE("dns-persist-01: holds for a record that names CA and account") {
    CHECK(holds("authority.example; accounturi=" + k_hashed));
    CHECK(holds("authority.example; accounturi=" + k_hashed_any));
    CHECK(holds("authority.example; accounturi=https://ca.internal/" + k_hashed.substr(19)));
    CHECK(holds(std::string("authority.example; accounturi=") + k_url));
    CHECK(holds(std::string("Authority.Example;accounturi=https://ca.internal/acct/123;unknown=1")));
    CHECK(holds("ca.example.net; ACCOUNTURI=" + k_hashed + "; policy=anything"));
    CHECK(check({"CANARY", "stranger.example; accounturi=" + k_hashed, "authority.example; accounturi=x",
                 "authority.example; accounturi=" + k_hashed})
              .message.empty());
}

TEST_CASE("dns-persist-01: wildcards need policy=wildcard") {
    const auto record = "authority.example; accounturi=" + k_hashed;
    const auto refused = check({record}, true);
    CHECK(refused.kind == Kind::unauthorized);
    CHECK(refused.message.find("policy=wildcard") != std::string::npos);
    CHECK_FALSE(holds(record + "; policy=wildcards", true));
    CHECK(holds(record + "; policy=wildcard", true));
    CHECK(holds(record + "; Policy=WildCard", true));
    CHECK(holds(record + "; policy=wildcard"));
}

TEST_CASE("dns-persist-01: the record says how long the proof may count") {
    const auto record = "authority.example; accounturi=" + k_hashed;
    CHECK(check({record}).until == std::nullopt);
    CHECK(check({record + "; persistUntil=1001"}).until == base::from_unix(1001));
    CHECK(check({record + "; persistUntil=1000"}).kind == Kind::unauthorized);
    CHECK(check({record + "; persistUntil=1000"}).message.find("in the past") != std::string::npos);
    for (const char* time : {"", "-1", "+2000", "2000.0", "0x800", "soon", "9999999999999"}) {
        CAPTURE(time);
        const auto refused = check({record + "; persistUntil=" + time});
        CHECK(refused.kind == Kind::malformed);
        CHECK(refused.message.find("no time") != std::string::npos);
    }
}

TEST_CASE("dns-persist-01: every other record is refused, saying where it stands and never what it holds") {
    struct Row {
        const char* text;
        Kind kind;
        const char* reason;
    };
    const std::string twice = "authority.example; accounturi=" + k_hashed + "; accounturi=" + k_hashed;
    const std::string policies = "authority.example; accounturi=" + k_hashed + "; policy=a; policy=wildcard";
    const Row rows[] = {
        {"CANARY", Kind::unauthorized, "names this CA"},
        {"stranger.example; accounturi=https://ca.example/acct/123", Kind::unauthorized, "names this CA"},
        {"; accounturi=https://ca.example/acct/123", Kind::unauthorized, "names this CA"},
        {"authority.example; accounturi=https://ca.example/acct/123;", Kind::unauthorized, "names this CA"},
        {"authority.example", Kind::malformed, "no accounturi"},
        {"authority.example; policy=wildcard", Kind::malformed, "no accounturi"},
        {"authority.example; accounturi=https://ca.example/acct/124", Kind::unauthorized, "another account"},
        {"authority.example; accounturi=https://CANARY.example/acct/123", Kind::unauthorized, "another account"},
        {"authority.example; accounturi=", Kind::unauthorized, "another account"},
        {"authority.example; accounturi=https://ca.example/acme/account-hash/sha-512/x", Kind::malformed,
         "another hash"},
        {"authority.example; accounturi=https://ca.example/acme/account-hash/sha-256/x", Kind::unauthorized,
         "another account"},
        {twice.c_str(), Kind::malformed, "more than once"},
        {policies.c_str(), Kind::malformed, "more than once"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto refused = check({row.text});
        CHECK(refused.kind == row.kind);
        CHECK(refused.message.find(row.reason) != std::string::npos);
        CHECK(refused.message.find("_validation-persist.example.com") != std::string::npos);
        CHECK(refused.message.find("CANARY") == std::string::npos);
    }
    CHECK(check({}).kind == Kind::incorrect_response);
}

TEST_CASE("dns-account-01: the draft's example of a label") {
    CHECK(acme::account_label("https://example.com/acme/acct/ExampleAccount") == "_ujmmovf2vn55tgye");
}

TEST_CASE("dns-account-01: holds at the account's own place, and at no other") {
    test::TableResolver resolver;
    const net::AddressPolicy nothing;
    acme::ValidationContext context{.resolver = resolver, .addresses = nothing, .user_agent = "test"};
    context.account.url = "https://example.com/acme/acct/ExampleAccount";
    // printf %s tok.thumb | openssl dgst -sha256 -binary | basenc --base64url
    const std::string value = "sYAwVrqDtVOuJZvAHurSAYPoEt5fFV_C4bdSOOW-o5Y";
    const auto validate = [&] {
        acme::validate_dns_account01(context, Identifier::dns("www.test"), "tok", "tok.thumb");
    };
    resolver.set_texts("_acme-challenge.www.test", {value});
    CHECK_THROWS_AS(validate(), base::Error);
    resolver.set_texts("_ujmmovf2vn55tgye._acme-challenge.www.test", {"CANARY", value});
    CHECK_NOTHROW(validate());
    context.account.url += "2";
    CHECK_THROWS_AS(validate(), base::Error);
    context.account.url.clear();
    CHECK_THROWS_AS(validate(), base::Error);
}
