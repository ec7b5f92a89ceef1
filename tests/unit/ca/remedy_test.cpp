#include <doctest/doctest.h>

#include "ca/policy.h"
#include "support.h"

using namespace signet;
using namespace std::chrono_literals;
using test::ask;
using test::k_now;

namespace {

const char k_lab[] =
    "permit_dns = [\"**.lab.internal\"]\ndeny_dns = [\"db.lab.internal\"]\nwildcards = false\nmax_names = 2\n"
    "max_validity = \"7d\"\nkey_types = [\"ec-p256\"]\nusage = [\"server\"]\n";

std::string remedies(const ca::IssuanceRequest& request) {
    std::string text;
    for (const auto& part : ca::decide(request, test::sample_issuer(), k_now).refusals) {
        CAPTURE(part.message);
        CHECK_FALSE(part.remedy.empty());
        text += part.remedy + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("remedies: each refusal says the nearest change that would permit it") {
    const ca::Profile lab = test::profile_from(k_lab, "lab");
    CHECK(remedies(ask(lab, {"w.internal"})) == "add \"w.internal\" to permit_dns of [profile.lab]\n");
    CHECK(remedies(ask(lab, {"db.lab.internal"})) == "take \"db.lab.internal\" out of deny_dns of [profile.lab]\n");
    CHECK(remedies(ask(lab, {"10.0.0.1"})) ==
          "set permit_ip = [\"10.0.0.1\"] in [profile.lab], beside its other permit_* keys\n");
    CHECK(remedies(ask(lab, {"*.x.lab.internal"})).find("wildcards = true") != std::string::npos);
    CHECK(remedies(ask(lab, {"a.lab.internal", "b.lab.internal", "c.lab.internal"})).find("max_names") !=
          std::string::npos);
    auto request = ask(lab, {"a.lab.internal"});
    request.validity = 24h * 8;
    request.client = true;
    request.common_name = "other.internal";
    request.public_key = crypto::PrivateKey::generate(crypto::KeyType::ed25519).public_key();
    const std::string text = remedies(request);
    for (const char* part : {"ask for 7d at most", "add \"client\" to usage", "leave out --cn",
                             "use a key of type ec-p256, or add \"ed25519\" to key_types"}) {
        CAPTURE(part);
        CHECK(text.find(part) != std::string::npos);
    }
}

TEST_CASE("remedies: doing what one says permits the request") {
    const auto fixed = test::profile_from(
        "permit_dns = [\"**.lab.internal\", \"w.internal\"]\npermit_ip = [\"10.0.0.1\"]\nmax_validity = \"8d\"\n",
        "lab");
    auto request = ask(fixed, {"w.internal", "10.0.0.1"});
    request.validity = 24h * 8;
    CHECK(ca::decide(request, test::sample_issuer(), k_now).ok());
}

TEST_CASE("remedies: a single refusal gives its own as the hint of the error") {
    const ca::Profile lab = test::profile_from(k_lab, "lab");
    auto decision = ca::decide(ask(lab, {"w.internal"}), test::sample_issuer(), k_now);
    CHECK(ca::refusal_error(lab, std::move(decision.refusals)).hint() ==
          "add \"w.internal\" to permit_dns of [profile.lab]");
}

TEST_CASE("remedies: several names outside a token are mended by another token, not by the profile") {
    const ca::Profile open = test::profile_from("permit_dns = [\"**\"]\n", "open");
    ca::NameLimits limits{"its token 5f2a", {"a.internal"}, {}, {}};
    auto request = ask(open, {"b.internal", "c.internal"}, ca::Account{"acct1", "", {}, limits});
    auto parts = ca::preview(request, test::sample_issuer(), k_now);
    REQUIRE(parts.size() == 2);
    const auto error = ca::refusal_error(open, std::move(parts));
    CHECK(error.message() == "this certificate is refused for 2 reasons");
    CHECK(error.hint() == "make a token that permits it: signet token create");
}

TEST_CASE("remedies: a wildcard cannot stand in an added URI") {
    const ca::Profile mesh = test::profile_from("permit_dns = [\"**\"]\nadd_uri = [\"spiffe://mesh/{dns}\"]\n", "mesh");
    auto parts = ca::preview(ask(mesh, {"*.wild.internal"}), test::sample_issuer(), k_now);
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].kind == base::Kind::rejected_identifier);
    CHECK(parts[0].identifier == "*.wild.internal");
    CHECK(parts[0].remedy == "ask for a DNS name without a wildcard too");
    parts = ca::preview(ask(mesh, {"*.wild.internal", "wild.internal"}), test::sample_issuer(), k_now);
    CHECK(parts.empty());
}
