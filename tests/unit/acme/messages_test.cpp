#include "acme/messages.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

using namespace signet;
using acme::parse_new_order;
using base::Kind;
using x509::Identifier;

namespace {
base::Json json(std::string_view text) { return base::parse_json(text, "test"); }
Kind kind_of(std::string_view text) {
    try {
        parse_new_order(json(text));
    } catch (const base::Error& error) {
        return error.kind();
    }
    FAIL("accepted: " << text);
    return Kind::internal;
}
}  // namespace

TEST_CASE("messages: newOrder keeps the order of identifiers and folds duplicates") {
    const auto order = parse_new_order(json(
        R"({"identifiers":[{"type":"dns","value":"B.example"},{"type":"ip","value":"fd00::1"},{"type":"dns","value":"b.example"}],
            "notAfter":"2030-01-01T00:00:00+01:00","profile":"client"})"));
    REQUIRE(order.identifiers.size() == 2);
    CHECK(order.identifiers[0] == Identifier::dns("b.example"));
    CHECK(order.identifiers[1] == Identifier::ip("fd00::1"));
    CHECK(base::format_time(*order.not_after) == "2029-12-31T23:00:00Z");
    CHECK(order.profile == "client");
}

TEST_CASE("messages: newOrder refuses what is no order") {
    struct Row {
        const char* text;
        Kind kind;
    };
    const Row rows[] = {
        {R"([])", Kind::malformed},
        {R"({})", Kind::malformed},
        {R"({"identifiers":[]})", Kind::malformed},
        {R"({"identifiers":{"type":"dns","value":"a.b"}})", Kind::malformed},
        {R"({"identifiers":["a.b"]})", Kind::malformed},
        {R"({"identifiers":[{"type":"dns"}]})", Kind::malformed},
        {R"({"identifiers":[{"type":"dns","value":7}]})", Kind::malformed},
        {R"({"identifiers":[{"type":"dns","value":"a.b"}],"notAfter":"tomorrow"})", Kind::malformed},
        {R"({"identifiers":[{"type":"dns","value":"a..b"}]})", Kind::rejected_identifier},
        {R"({"identifiers":[{"type":"dns","value":"10.0.0.1"}]})", Kind::rejected_identifier},
        {R"({"identifiers":[{"type":"ip","value":"FD00::1"}]})", Kind::rejected_identifier},
        {R"({"identifiers":[{"type":"ip","value":"a.b"}]})", Kind::rejected_identifier},
        {R"({"identifiers":[{"type":"permanent-identifier","value":"x"}]})", Kind::unsupported_identifier},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(kind_of(row.text) == row.kind);
    }
}

TEST_CASE("messages: an address sent as dns is refused with what to do") {
    try {
        parse_new_order(json(R"({"identifiers":[{"type":"dns","value":"10.0.0.1"}]})"));
        FAIL("accepted");
    } catch (const base::Error& error) {
        CHECK(error.message().find("\"ip\"") != std::string::npos);
        REQUIRE(error.parts().size() == 1);
        CHECK(error.parts()[0].identifier == "10.0.0.1");
    }
}

TEST_CASE("messages: an authorization of a wildcard, as golden JSON") {
    acme::AuthorizationMessage message;
    message.identifier = Identifier::dns("a.example");
    message.status = "valid";
    message.wildcard = true;
    message.expires = base::from_unix(1700000000);
    message.challenges.push_back({"dns-01", "https://ca/c/1", "valid", "tok", {}, {}, base::from_unix(1600000000), {}});
    CHECK(
        base::dump_json(acme::encode_authorization(message)) ==
        R"({"identifier":{"type":"dns","value":"a.example"},"status":"valid","expires":"2023-11-14T22:13:20Z",)"
        R"("challenges":[{"type":"dns-01","url":"https://ca/c/1","status":"valid","token":"tok","validated":"2020-09-13T12:26:40Z"}],)"
        R"("wildcard":true})");
    message.wildcard = false;
    CHECK_FALSE(acme::encode_authorization(message).contains("wildcard"));
    const auto back = acme::parse_authorization(acme::encode_authorization(message));
    CHECK(back.identifier == message.identifier);
    CHECK(back.challenges.at(0).token == "tok");
}

TEST_CASE("messages: an order goes both ways and has no empty members") {
    acme::OrderMessage order;
    order.status = "pending";
    order.identifiers = {Identifier::dns("a.example"), Identifier::ip("10.0.0.1")};
    order.authorizations = {"https://ca/z/1"};
    order.finalize = "https://ca/f";
    order.profile = "default";
    const auto encoded = acme::encode_order(order);
    CHECK(base::dump_json(encoded) ==
          R"({"status":"pending","identifiers":[{"type":"dns","value":"a.example"},{"type":"ip","value":"10.0.0.1"}],)"
          R"("profile":"default","authorizations":["https://ca/z/1"],"finalize":"https://ca/f"})");
    CHECK(acme::parse_order(encoded).identifiers == order.identifiers);
}

TEST_CASE("messages: the directory offers only what it has") {
    acme::DirectoryMessage directory;
    directory.new_nonce = "https://ca/n";
    directory.new_account = "https://ca/a";
    directory.new_order = "https://ca/o";
    directory.profiles = {{"default", "server and client"}};
    const auto encoded = acme::encode_directory(directory);
    CHECK(base::dump_json(encoded) ==
          R"({"newNonce":"https://ca/n","newAccount":"https://ca/a","newOrder":"https://ca/o",)"
          R"("meta":{"externalAccountRequired":false,"profiles":{"default":"server and client"}}})");
    CHECK(acme::parse_directory(encoded).profiles == directory.profiles);
    CHECK_THROWS_AS(acme::parse_directory(json(R"({"newNonce":"x"})")), base::Error);
}

TEST_CASE("messages: newAccount ignores what it does not know") {
    const auto message = acme::parse_new_account(json(
        R"({"contact":["mailto:a@b.example"],"orders":"https://evil","status":"valid","onlyReturnExisting":true})"));
    CHECK(message.only_return_existing);
    CHECK_FALSE(message.terms_of_service_agreed);
    CHECK(message.contact == std::vector<std::string>{"mailto:a@b.example"});
    CHECK_THROWS_AS(acme::parse_new_account(json(R"({"contact":"mailto:a@b"})")), base::Error);
    CHECK_THROWS_AS(acme::parse_new_account(json(R"({"termsOfServiceAgreed":"yes"})")), base::Error);
}
