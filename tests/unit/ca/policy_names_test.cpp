#include <doctest/doctest.h>

#include "ca/policy.h"
#include "proofs.h"
#include "support.h"
#include "x509/build.h"

using namespace signet;
using test::ask;
using test::k_now;
using test::profile_from;
using test::proofs_for;
using test::reasons;

namespace {

ca::Decision decide(const ca::Profile& profile, const std::vector<std::string>& names,
                    ca::Requester requester = ca::Operator{"uid 0"}) {
    return ca::decide(ask(profile, names, std::move(requester)), test::sample_issuer(), k_now);
}

}  // namespace

TEST_CASE("policy: a name must be permitted, and deny wins") {
    const ca::Profile profile = profile_from(
        "permit_dns = [\"**.internal\", \"x.test\"]\ndeny_dns = [\"db.internal\", \"**.secret.internal\"]\n"
        "permit_ip = [\"10.0.0.0/8\"]\ndeny_ip = [\"10.9.0.0/16\"]\n"
        "permit_uri = [\"spiffe://mesh.internal/*\"]\npermit_email = [\"*@mesh.internal\"]\n");
    for (const char* good : {"a.internal", "a.b.internal", "x.test", "*.x.internal", "10.0.0.7", "secret.internal",
                             "spiffe://mesh.internal/w", "ops@mesh.internal"}) {
        CAPTURE(good);
        CHECK(reasons(decide(profile, {good}).refusals) == "");
    }
    for (const char* bad : {"internal", "a.test", "db.internal", "a.secret.internal", "*.secret.internal", "11.0.0.1",
                            "10.9.0.1", "fd00::1", "::ffff:10.9.0.1", "::ffff:11.0.0.1", "spiffe://mesh.internal/a/b",
                            "spiffe://other.internal/w", "ops@x.internal"}) {
        CAPTURE(bad);
        const auto decision = decide(profile, {bad});
        REQUIRE(decision.refusals.size() == 1);
        CHECK(decision.refusals[0].kind == base::Kind::rejected_identifier);
        CHECK(decision.refusals[0].identifier == x509::Identifier::parse(bad).text());
        CHECK_FALSE(decision.approved);
    }
}

TEST_CASE("policy: *.internal meets the denied db.internal, *.x.internal does not") {
    const ca::Profile profile = profile_from("permit_dns = [\"**\"]\ndeny_dns = [\"db.internal\"]\n");
    CHECK_FALSE(decide(profile, {"*.internal.test"}).refusals.size());
    const ca::Profile tested = profile_from("permit_dns = [\"**\"]\ndeny_dns = [\"db.prod.internal\"]\n");
    CHECK(decide(tested, {"*.prod.internal"}).refusals.size() == 1);
    CHECK(decide(tested, {"*.dev.internal"}).ok());
}

TEST_CASE("policy: a wildcard is permitted only where every name it covers is") {
    CHECK(decide(profile_from("permit_dns = [\"*.y.test\"]\n"), {"*.y.test"}).ok());
    CHECK_FALSE(decide(profile_from("permit_dns = [\"a.y.test\"]\n"), {"*.y.test"}).ok());
    CHECK_FALSE(decide(profile_from("permit_dns = [\"*.test\"]\n"), {"*.y.test"}).ok());
    CHECK_FALSE(decide(profile_from("permit_dns = [\"y.test\"]\n"), {"*.y.test"}).ok());
    CHECK_FALSE(decide(profile_from("permit_dns = [\"**\"]\nwildcards = false\n"), {"*.y.test"}).ok());
}

TEST_CASE("policy: a kind that is not listed is not permitted") {
    const auto decision =
        decide(profile_from("permit_dns = [\"**\"]\n"), {"a.test", "10.0.0.1", "urn:x:y", "a@b.test"});
    CHECK(decision.refusals.size() == 3);
    CHECK(decision.refusals[0].message == "10.0.0.1 is not permitted by profile 't', which has no permit_ip");
}

TEST_CASE("policy: every refusal is told, not the first alone") {
    const ca::Profile profile =
        profile_from("permit_dns = [\"a.test\"]\nkey_types = [\"ed25519\"]\nusage = [\"server\"]\n");
    auto request = ask(profile, {"b.test", "c.test", "a.test"});
    request.client = true;
    request.validity = std::chrono::hours(24 * 4000);
    const auto decision = ca::decide(request, test::sample_issuer(), k_now);
    CAPTURE(reasons(decision.refusals));
    CHECK(decision.refusals.size() == 6);  // two names, key type, usage, validity beyond profile and issuer
}

TEST_CASE("policy: names are folded, counted, and needed") {
    const ca::Profile profile = profile_from("permit_dns = [\"**\"]\nmax_names = 2\n");
    const auto folded = decide(profile, {"a.test", "A.test", "b.test", "a.test"});
    REQUIRE(folded.ok());
    CHECK(folded.approved->content().names == test::names_of({"a.test", "b.test"}));
    CHECK(decide(profile, {"a.test", "b.test", "c.test"}).refusals.size() == 1);
    CHECK(decide(profile, {}).refusals.size() == 1);
}

TEST_CASE("policy: too many names do not hide what is wrong with each, and are not gone through without end") {
    const ca::Profile profile = profile_from("permit_dns = [\"**.test\"]\ndeny_dns = [\"deny.test\"]\nmax_names = 3\n");
    const auto decision = decide(profile, {"a.test", "b.test", "c.example", "d.test", "deny.test"});
    CAPTURE(reasons(decision.refusals));
    REQUIRE(decision.refusals.size() == 3);
    CHECK(decision.refusals[0].message.starts_with("5 names are more than the 3"));
    CHECK(decision.refusals[1].identifier == "c.example");
    CHECK(decision.refusals[2].message.find("deny_dns") != std::string::npos);

    const auto refusals_of = [](const ca::Profile& asked, int count) {
        std::vector<std::string> names;
        for (int i = 0; i < count; ++i) names.push_back("n" + std::to_string(i) + ".example");
        return decide(asked, names).refusals.size();
    };
    CHECK(refusals_of(profile, 100) == 101);
    CHECK(refusals_of(profile, 5000) == 101);
    const ca::Profile wide = profile_from("permit_dns = [\"**.test\"]\nmax_names = 300\n");
    CHECK(refusals_of(wide, 300) == 300);
    CHECK(refusals_of(wide, 5000) == 301);
}

TEST_CASE("policy: a URI that can be read as another path is refused") {
    const ca::Profile profile = profile_from("permit_uri = [\"https://h.test/users/**\"]\n");
    CHECK(decide(profile, {"https://h.test/users/a"}).ok());
    for (const char* bad : {"https://h.test/users/../admin", "https://h.test/users/%2e%2E/admin",
                            "https://h.test/users/a%2F..%2F..%2Fadmin", "https://h.test/users/."}) {
        CAPTURE(bad);
        CHECK_FALSE(decide(profile, {bad}).ok());
    }
}

TEST_CASE("policy: an account gets what it proved, and only that") {
    const ca::Profile profile = ca::ready_made_profiles().at("default");
    const auto decide_with = [&](const std::vector<std::string>& proofs, const std::vector<std::string>& names) {
        return decide(profile, names, ca::Account{"acct1", "192.0.2.1", proofs_for(proofs)});
    };
    CHECK(decide_with({"a.test", "b.test"}, {"a.test", "b.test"}).ok());
    CHECK(decide_with({"a.test", "b.test"}, {"b.test"}).ok());
    CHECK(decide_with({"*.a.test"}, {"*.a.test"}).ok());
    struct {
        std::vector<std::string> proofs, names;
    } const bad[] = {{{"a.test"}, {"a.test", "b.test"}},
                     {{"a.test"}, {"*.a.test"}},
                     {{"*.a.test"}, {"a.test"}},
                     {{"*.a.test"}, {"x.a.test"}},
                     {{"a.test"}, {"spiffe://a.test/w"}},
                     {{"a.test"}, {"root@a.test"}},
                     {{}, {"a.test"}}};
    for (const auto& row : bad) {
        CAPTURE(row.names.back());
        const auto decision = decide_with(row.proofs, row.names);
        REQUIRE(decision.refusals.size() == 1);
        CHECK(decision.refusals[0].kind == base::Kind::unauthorized);
    }
}

TEST_CASE("policy: a preview asks for no proof and no key, and gives the same refusals") {
    const ca::Profile profile = profile_from("permit_dns = [\"*.test\"]\n");
    ca::IssuanceRequest request = ask(profile, {"a.test", "b.example"}, ca::Account{"acct1", "", {}});
    request.public_key.reset();
    const auto refusals = ca::preview(request, test::sample_issuer(), k_now);
    REQUIRE(refusals.size() == 1);
    CHECK(refusals[0].identifier == "b.example");
}

TEST_CASE("policy: the server's own names need no permission") {
    const ca::Profile profile = profile_from("permit_dns = [\"*.mesh.internal\"]\n");
    CHECK(decide(profile, {"ca.internal", "10.0.0.1"}, ca::Self{}).ok());
    CHECK_FALSE(decide(profile, {"ca.internal"}).ok());
}

TEST_CASE("policy: the profile's own URIs are added, with the first DNS name put in") {
    const ca::Profile profile =
        profile_from("permit_dns = [\"**\"]\nadd_uri = [\"spiffe://m.test/{dns}\", \"urn:a:b\"]\n");
    const auto decision = decide(profile, {"*.y.test", "w.test", "z.test"});
    REQUIRE(decision.ok());
    CHECK(decision.approved->content().names ==
          test::names_of({"*.y.test", "w.test", "z.test", "spiffe://m.test/w.test", "urn:a:b"}));
    CHECK(decide(profile, {"*.y.test"}).refusals.size() == 1);
    // Asked for, they are somebody's wish again.
    CHECK(decide(profile, {"w.test", "urn:a:b"}).refusals.size() == 1);
}

TEST_CASE("policy: an X509-SVID has exactly one URI, a SPIFFE ID with a path") {
    const ca::Profile svid = ca::ready_made_profiles().at("svid");
    CHECK(decide(svid, {"spiffe://mesh.internal/worker"}).ok());
    CHECK(decide(svid, {"spiffe://mesh.internal/worker", "w.internal"}).ok());
    CHECK_FALSE(decide(svid, {"w.internal"}).ok());
    CHECK_FALSE(decide(svid, {"spiffe://mesh.internal"}).ok());
    CHECK_FALSE(decide(svid, {"spiffe://mesh.internal/a", "spiffe://mesh.internal/b"}).ok());
    CHECK_FALSE(decide(svid, {"https://mesh.internal/a"}).ok());
    auto narrowed = ask(svid, {"spiffe://mesh.internal/worker"});
    narrowed.client = true;
    CHECK_FALSE(ca::decide(narrowed, test::sample_issuer(), k_now).ok());
}

TEST_CASE("policy: the name constraints of every CA above bind") {
    const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    x509::Template content;
    content.serial = {1};
    content.subject.add("CN", "Constrained");
    content.public_key = key.public_key();
    content.not_before = k_now - std::chrono::hours(1);
    content.not_after = k_now + std::chrono::hours(1000);
    content.ca = true;
    content.key_usage = x509::usage_bit(x509::KeyUsage::key_cert_sign);
    using Type = x509::Identifier::Type;
    content.name_constraints.permitted = {{Type::dns, "mesh.internal"},
                                          {Type::ip, "10.0.0.0/8"},
                                          {Type::uri, ".mesh.internal"},
                                          {Type::email, "mesh.internal"}};
    content.name_constraints.excluded = {{Type::dns, "db.mesh.internal"}};
    const x509::Certificate root = x509::build_self_signed(content, key);
    const ca::IssuerFacts issuer{
        *test::sample_authority().issuing, {*test::sample_authority().issuing, root}, "", "default"};
    const ca::Profile profile = ca::ready_made_profiles().at("default");
    const auto ok = [&](const char* name) { return ca::decide(ask(profile, {name}), issuer, k_now).ok(); };
    for (const char* good : {"mesh.internal", "a.b.mesh.internal", "*.x.mesh.internal", "10.1.2.3",
                             "spiffe://w.mesh.internal/x", "ops@mesh.internal"}) {
        CAPTURE(good);
        CHECK(ok(good));
    }
    for (const char* bad : {"evilmesh.internal", "internal", "db.mesh.internal", "a.db.mesh.internal",
                            "*.mesh.internal", "11.1.2.3", "::1", "::ffff:10.1.2.3", "spiffe://mesh.internal/x",
                            "spiffe://other.internal/x", "urn:a:b", "ops@a.mesh.internal", "ops@other.internal"}) {
        CAPTURE(bad);
        CHECK_FALSE(ok(bad));
    }
}
