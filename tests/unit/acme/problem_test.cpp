#include "acme/problem.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace signet;
using base::Error;
using base::Kind;

namespace {
base::Json document(const Error& error) { return base::parse_json(acme::to_problem(error, "e1").document, "problem"); }
}  // namespace

TEST_CASE("problem: what RFC 8555 prescribes for type and status") {
    struct Row {
        Kind kind;
        const char* type;
        int status;
    };
    const Row rows[] = {
        {Kind::bad_nonce, "badNonce", 400},
        {Kind::unauthorized, "unauthorized", 401},
        {Kind::account_does_not_exist, "accountDoesNotExist", 400},
        {Kind::order_not_ready, "orderNotReady", 403},
        {Kind::user_action_required, "userActionRequired", 403},
        {Kind::already_replaced, "alreadyReplaced", 409},
        {Kind::rate_limited, "rateLimited", 429},
        {Kind::not_found, "malformed", 404},
        {Kind::incorrect_response, "incorrectResponse", 403},
        {Kind::bad_csr, "badCSR", 400},
        {Kind::invalid_profile, "invalidProfile", 400},
    };
    for (const auto& row : rows) {
        CAPTURE(row.type);
        const auto json = document({row.kind, "why"});
        CHECK(json["type"] == std::string("urn:ietf:params:acme:error:") + row.type);
        CHECK(json["status"] == row.status);
        CHECK(json["detail"] == "why");
        CHECK_FALSE(json.contains("subproblems"));  // a null or empty one breaks certbot
    }
}

TEST_CASE("problem: faults of the server show the event and nothing else") {
    for (const auto kind : {Kind::internal, Kind::disk, Kind::corrupt, Kind::permission}) {
        const auto problem =
            acme::to_problem({kind, "cannot write /secret/path", "chmod", {{"x", kind, "/secret"}}}, "e42");
        CHECK(problem.status == 500);
        CHECK(problem.document.find("secret") == std::string::npos);
        CHECK(problem.document.find("e42") != std::string::npos);
    }
}

TEST_CASE("problem: parts become subproblems with identifiers, and come back") {
    const Error error{Kind::refused,
                      "2 names are not permitted",
                      {},
                      {{"db.example", Kind::rejected_identifier, "not permitted"},
                       {"10.0.0.1", Kind::rejected_identifier, "no addresses here"}}};
    const auto json = document(error);
    CHECK(json["type"] == "urn:ietf:params:acme:error:rejectedIdentifier");
    CHECK(json["subproblems"][1]["identifier"]["type"] == "ip");
    CHECK(json["subproblems"][1]["identifier"]["value"] == "10.0.0.1");

    const auto back = acme::from_problem(acme::problem_response(acme::to_problem(error, "")), "newOrder");
    CHECK(back.kind() == Kind::rejected_identifier);
    REQUIRE(back.parts().size() == 2);
    CHECK(back.parts()[0].identifier == "db.example");
    CHECK(back.parts()[0].message == "not permitted");
}

TEST_CASE("problem: reasons of several kinds are a compound") {
    const auto json =
        document({Kind::refused, "no", {}, {{"a", Kind::rejected_identifier, "x"}, {"", Kind::refused, "y"}}});
    CHECK(json["type"] == "urn:ietf:params:acme:error:compound");
    CHECK_FALSE(json["subproblems"][1].contains("identifier"));
}

TEST_CASE("problem: badSignatureAlgorithm lists what is accepted") {
    const auto json = document({Kind::bad_signature_algorithm, "no"});
    CHECK(json["algorithms"].size() >= 4);
    CHECK(json["algorithms"].dump().find("ES256") != std::string::npos);
}

TEST_CASE("problem: what is no problem document names the status") {
    net::Response response;
    response.status = 502;
    response.body = "<html>Bad Gateway</html>";
    const auto error = acme::from_problem(response, "newOrder");
    CHECK(error.kind() == Kind::remote_problem);
    CHECK(error.message() == "newOrder: the server answered with status 502");
    CHECK(acme::problem_type(response).empty());
    response.body = R"({"type":"urn:ietf:params:acme:error:badNonce","detail":"x\u001b[31m"})";
    CHECK(acme::problem_type(response) == "badNonce");
    CHECK(acme::from_problem(response, "newOrder").message().find('\x1b') == std::string::npos);
}

TEST_CASE("problem: what policy suggests to who runs the CA does not go to its clients") {
    const Error error{Kind::rejected_identifier,
                      "a.test is not permitted",
                      "add \"a.test\" to permit_dns",
                      {{"a.test", Kind::rejected_identifier, "a.test is not permitted", "add it"}}};
    CHECK(document(error)["detail"] == "a.test is not permitted");
    CHECK(document({Kind::invalid_profile, "no", "the profiles are: a"})["detail"] == "no; the profiles are: a");
}

TEST_CASE("problem: a fault of the server outweighs what is wrong with the request") {
    const auto problem = acme::to_problem(
        {Kind::refused, "2 reasons", {}, {{"a", Kind::rejected_identifier, "x"}, {"", Kind::ca_not_valid, "CANARY"}}},
        "e7");
    CHECK(problem.status == 503);
    CHECK(problem.type == "urn:ietf:params:acme:error:serverInternal");
    CHECK(problem.document.find("CANARY") == std::string::npos);
}
