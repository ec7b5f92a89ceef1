#include "ca/policy.h"

#include <doctest/doctest.h>

#include "ca/authority_files.h"
#include "crypto/key.h"
#include "support.h"

using namespace signet;
using crypto::KeyType;
using test::ask;
using test::k_now;
using test::profile_from;
using test::reasons;

namespace {

const ca::Profile& standard() {
    static const ca::Profile profile = ca::ready_made_profiles().at("default");
    return profile;
}

/// The template that policy approves, or a failed test.
x509::Template approve(const ca::IssuanceRequest& request) {
    const auto decision = ca::decide(request, test::sample_issuer(), k_now);
    CAPTURE(reasons(decision.refusals));
    REQUIRE(decision.ok());
    return decision.approved->content();
}

}  // namespace

TEST_CASE("policy: what a plain request becomes") {
    const x509::Template content = approve(ask(standard(), {"w.test", "10.0.0.1"}));
    CHECK(content.serial.empty());
    CHECK(content.subject.text() == "CN=w.test");
    CHECK(content.key_usage == x509::usage_bit(x509::KeyUsage::digital_signature));
    CHECK(content.extended_key_usage == std::vector<std::string>{x509::k_server_auth, x509::k_client_auth});
    CHECK_FALSE(content.ca);
    CHECK_FALSE(content.no_revocation_available);
    CHECK(content.issuer_urls.empty());
    CHECK(content.not_before == k_now - std::chrono::minutes(1));
    CHECK(content.not_after == k_now + std::chrono::hours(24));
}

TEST_CASE("policy: key usage follows the key type") {
    auto request = ask(standard(), {"w.test"});
    request.public_key = crypto::PrivateKey::generate(KeyType::rsa_2048).public_key();
    CHECK(approve(request).key_usage ==
          (x509::usage_bit(x509::KeyUsage::digital_signature) | x509::usage_bit(x509::KeyUsage::key_encipherment)));
    // Nobody encrypts to a client (RFC 5280 section 4.2.1.12).
    request.server = false;
    CHECK(approve(request).key_usage == x509::usage_bit(x509::KeyUsage::digital_signature));
    request.server.reset();
    for (const KeyType type : {KeyType::ec_p384, KeyType::ed25519}) {
        request.public_key = crypto::PrivateKey::generate(type).public_key();
        CHECK(approve(request).key_usage == x509::usage_bit(x509::KeyUsage::digital_signature));
    }
}

TEST_CASE("policy: a key that is missing, of another type, or the CA's own is refused") {
    const auto refusals = [](std::optional<crypto::PublicKey> key) {
        auto request = ask(standard(), {"w.test"});
        request.public_key = std::move(key);
        return ca::decide(request, test::sample_issuer(), k_now).refusals;
    };
    const std::optional<crypto::PublicKey> bad[] = {
        std::nullopt, crypto::PrivateKey::generate(KeyType::ec_p521).public_key(),
        test::sample_authority().issuing_key->public_key(), test::sample_authority().root_key.public_key()};
    for (const auto& key : bad) {
        const auto found = refusals(key);
        REQUIRE(found.size() == 1);
        CHECK(found[0].kind == base::Kind::bad_public_key);
    }
}

TEST_CASE("policy: usage is narrowed, never widened") {
    const ca::Profiles profiles = ca::ready_made_profiles();
    const auto usages = [](const ca::Profile& profile, std::optional<bool> server, std::optional<bool> client) {
        auto request = ask(profile, {"w.test"});
        request.server = server;
        request.client = client;
        auto decision = ca::decide(request, test::sample_issuer(), k_now);
        return decision.ok() ? decision.approved->content().extended_key_usage : std::vector<std::string>{"refused"};
    };
    const std::vector<std::string> server{x509::k_server_auth}, client{x509::k_client_auth}, refused{"refused"};
    CHECK(usages(standard(), true, {}) == server);
    CHECK(usages(standard(), {}, true) == client);
    CHECK(usages(standard(), true, true).size() == 2);
    CHECK(usages(standard(), false, {}) == client);
    CHECK(usages(standard(), false, false) == refused);
    CHECK(usages(profiles.at("server"), {}, {}) == server);
    CHECK(usages(profiles.at("server"), {}, true) == refused);
    CHECK(usages(profiles.at("server"), true, true) == refused);
    CHECK(usages(profiles.at("client"), {}, {}) == client);
    CHECK(usages(profiles.at("client"), true, {}) == refused);
}

TEST_CASE("policy: the common name is the first DNS name that fits, or none") {
    const std::string longest(63, 'a');
    CHECK(approve(ask(standard(), {"10.0.0.1", "*.w.test", "x.test"})).subject.text() == "CN=*.w.test");
    CHECK(approve(ask(standard(), {"10.0.0.1"})).subject.empty());
    CHECK(approve(ask(standard(), {longest})).subject.text() == "CN=" + longest);
    CHECK(approve(ask(standard(), {"b." + longest})).subject.empty());
    const ca::Profile none =
        profile_from("permit_dns = [\"**\"]\nsubject = { cn = \"none\", o = \"Acme\", c = \"DE\" }\n");
    CHECK(approve(ask(none, {"w.test"})).subject.text() == "O=Acme,C=DE");
}

TEST_CASE("policy: an operator may set the subject, an account may not") {
    auto request = ask(standard(), {"w.test"});
    request.common_name = "Payment Service";
    request.organization = "Acme";
    request.unit = "Ops";
    CHECK(approve(request).subject.text() == "CN=Payment Service,OU=Ops,O=Acme");
    request.requester = ca::Self{};
    CHECK(approve(request).subject.text() == "CN=w.test");
    request.requester = ca::Operator{"uid 0"};
    request.common_name = "";
    request.organization = std::string(65, 'x');
    const auto refusals = ca::decide(request, test::sample_issuer(), k_now).refusals;
    REQUIRE(refusals.size() == 1);
    CHECK(refusals[0].kind == base::Kind::bad_input);
}

TEST_CASE("policy: a common name that reads as a host must be among the names") {
    auto request = ask(standard(), {"w.test", "10.0.0.1"});
    for (const char* good : {"w.test", "W.test", "10.0.0.1", "worker", "Version 1.2 of it"}) {
        CAPTURE(good);
        request.common_name = good;
        CHECK(ca::decide(request, test::sample_issuer(), k_now).ok());
    }
    for (const char* bad : {"bank.test", "10.0.0.2", "::1", "spiffe://x.test/y"}) {
        CAPTURE(bad);
        request.common_name = bad;
        CHECK_FALSE(ca::decide(request, test::sample_issuer(), k_now).ok());
    }
}

TEST_CASE("policy: what the profile adds stands in the template") {
    const ca::Profile profile = profile_from("permit_dns = [\"**\"]\nrevocation = \"none\"\npolicies = [\"1.2.3\"]\n");
    const x509::Template content = approve(ask(profile, {"w.test"}));
    CHECK(content.no_revocation_available);
    CHECK(content.policies == std::vector<std::string>{"1.2.3"});
    CHECK(approve(ask(profile_from("permit_dns = [\"**\"]\nmust_staple = true\n"), {"w.test"})).must_staple);
}

TEST_CASE("policy: the issuer's URL is written when there is a base for it") {
    ca::IssuerFacts issuer = test::sample_issuer();
    issuer.public_http_url = "http://ca.test:8080/";
    const auto decision = ca::decide(ask(standard(), {"w.test"}), issuer, k_now);
    REQUIRE(decision.ok());
    CHECK(decision.approved->content().issuer_urls ==
          std::vector<std::string>{"http://ca.test:8080/ca/default/" + ca::authority_id(issuer.issuing) + ".der"});
}

TEST_CASE("policy: refusals become one error") {
    const auto one = ca::refusal_error(standard(), {{"x.test", base::Kind::rejected_identifier, "x.test is bad"}});
    CHECK(one.kind() == base::Kind::rejected_identifier);
    CHECK(one.message() == "x.test is bad");
    CHECK(one.parts().size() == 1);
    const auto alike = ca::refusal_error(standard(), {{"x.test", base::Kind::rejected_identifier, "x"},
                                                      {"y.test", base::Kind::rejected_identifier, "y"}});
    CHECK(alike.kind() == base::Kind::rejected_identifier);
    const auto mixed = ca::refusal_error(
        standard(), {{"x.test", base::Kind::rejected_identifier, "x"}, {"", base::Kind::bad_public_key, "y"}});
    CHECK(mixed.kind() == base::Kind::refused);
    CHECK(mixed.parts().size() == 2);
}
