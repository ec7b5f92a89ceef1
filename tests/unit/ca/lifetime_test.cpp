#include "ca/lifetime.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace signet;
using namespace std::chrono_literals;
using test::ask;
using test::k_now;
using test::reasons;

// The sample CA began an hour before k_now; its issuing CA ends after 30 days, its root after ten years.

namespace {

struct Outcome {
    ca::Lifetime lifetime;
    ca::Verdict verdict;
};
Outcome decide(const ca::IssuanceRequest& request, base::Time now = k_now) {
    Outcome outcome;
    outcome.lifetime = ca::decide_lifetime(request, test::sample_issuer(), now, outcome.verdict);
    return outcome;
}

const ca::Profile& standard() {
    static const ca::Profile profile = ca::ready_made_profiles().at("default");
    return profile;
}

}  // namespace

TEST_CASE("lifetime: the default, backdated, in whole seconds") {
    const auto made = decide(ask(standard(), {"w.test"}), k_now + 700ms);
    CHECK(made.lifetime.not_before == k_now - 60s);  // 700 ms past, less a minute, rounded down
    CHECK(made.lifetime.not_after == k_now + 24h);
    CHECK(made.verdict.refusals.empty());
    CHECK(made.verdict.notes.empty());
}

TEST_CASE("lifetime: the default is cut to the issuer's end, with a note") {
    const base::Time late = k_now + 24h * 29 + 12h;
    const auto made = decide(ask(standard(), {"w.test"}), late);
    CHECK(made.verdict.refusals.empty());
    CHECK(made.lifetime.not_after == k_now + 24h * 30);
    REQUIRE(made.verdict.notes.size() == 1);
    CHECK(made.verdict.notes[0] == "the lifetime was cut to 12 hours: the CA 'CN=default Issuing CA' ends then");
}

TEST_CASE("lifetime: an explicit one is exact, or refused beyond profile or issuer") {
    auto request = ask(standard(), {"w.test"});
    for (const base::Duration good : {base::Duration(1s), base::Duration(90min), base::Duration(24h * 30)}) {
        request.validity = good;
        const auto made = decide(request);
        CHECK(reasons(made.verdict.refusals) == "");
        CHECK(made.lifetime.not_after == k_now + good);
    }
    for (const base::Duration bad : {base::Duration(0), base::Duration(-1h), base::Duration(24h * 30 + 1s)}) {
        request.validity = bad;
        const auto made = decide(request);
        REQUIRE(made.verdict.refusals.size() == 1);
        CHECK(made.verdict.refusals[0].kind == base::Kind::refused);
    }
    request.validity = 24h * 399;
    CHECK(decide(request).verdict.refusals.size() == 2);  // beyond the profile, and beyond the issuer
    request.validity = 24h * 365 * 100'000;
    CHECK(decide(request).verdict.refusals.size() == 2);
}

TEST_CASE("lifetime: backdating stops at the issuer's beginning") {
    const ca::Profile profile = test::profile_from("permit_dns = [\"**\"]\nbackdate = \"2h\"\n");
    CHECK(decide(ask(profile, {"w.test"})).lifetime.not_before == k_now - 1h);
}

TEST_CASE("lifetime: nothing is issued by a CA that has ended or not begun") {
    const auto ended = decide(ask(standard(), {"w.test"}), k_now + 24h * 30);
    REQUIRE(ended.verdict.refusals.size() == 1);
    CHECK(ended.verdict.refusals[0].message.find("expired") != std::string::npos);
    const auto early = decide(ask(standard(), {"w.test"}), k_now - 2h);
    REQUIRE(early.verdict.refusals.size() == 1);
    CHECK(early.verdict.refusals[0].message.find("not valid before") != std::string::npos);
}

TEST_CASE("lifetime: notBefore and notAfter are honoured exactly, or refused") {
    auto request = ask(standard(), {"w.test"}, ca::Account{"acct1", "", {}});
    request.not_before = k_now + 1h;
    request.not_after = k_now + 3h;
    auto made = decide(request);
    CHECK(reasons(made.verdict.refusals) == "");
    CHECK(made.lifetime.not_before == k_now + 1h);
    CHECK(made.lifetime.not_after == k_now + 3h);

    request.not_after.reset();
    CHECK(decide(request).lifetime.not_after == k_now + 25h);
    request.not_before.reset();
    request.not_after = k_now + 2h;
    made = decide(request);
    CHECK(made.lifetime.not_before == k_now - 60s);
    CHECK(made.lifetime.not_after == k_now + 2h);

    struct {
        std::optional<base::Time> not_before, not_after;
    } const bad[] = {
        {k_now - 5min, {}},                     // further back than the profile goes
        {k_now - 90min, {}},                    // before the CA
        {k_now + 3h, k_now + 3h},               // empty
        {k_now + 3h, k_now + 2h},               // turned round
        {{}, k_now},                            // past
        {{}, k_now - 1h},                       // past
        {{}, k_now + 24h * 31},                 // beyond the issuer
        {k_now + 24h * 398, k_now + 24h * 399}  // a short one, but far away
    };
    for (const auto& row : bad) {
        request.not_before = row.not_before;
        request.not_after = row.not_after;
        CHECK_FALSE(decide(request).verdict.refusals.empty());
    }
}

TEST_CASE("lifetime: from notBefore to notAfter, both included, it is never more than the maximum") {
    const auto length = [](const ca::Lifetime& made) { return made.not_after - made.not_before + 1s; };
    const ca::Profile brief = test::profile_from("permit_dns = [\"**\"]\nmax_validity = \"1h\"\n");
    auto request = ask(brief, {"w.test"});
    request.validity = 1h;
    auto made = decide(request);
    CHECK(reasons(made.verdict.refusals) == "");
    CHECK(made.lifetime.not_before == k_now - 60s);
    CHECK(length(made.lifetime) == 1h);
    request.validity = 59min;  // fits with the backdate
    CHECK(decide(request).lifetime.not_after == k_now + 59min - 1s);
    request.validity = 58min;
    CHECK(decide(request).lifetime.not_after == k_now + 58min);
    // A wish is exact; then it begins later.
    auto wish = ask(brief, {"w.test"}, ca::Account{"acct1", "", {}});
    wish.not_after = k_now + 1h - 30s;
    made = decide(wish);
    CHECK(made.lifetime.not_after == k_now + 1h - 30s);
    CHECK(length(made.lifetime) == 1h);
    wish.not_before = k_now - 60s;
    wish.not_after = k_now + 1h;
    CHECK(decide(wish).verdict.refusals.size() == 1);
    // A backdate beyond the maximum leaves a certificate that is good for something.
    const ca::Profile odd =
        test::profile_from("permit_dns = [\"**\"]\nmax_validity = \"30s\"\ndefault_validity = \"30s\"\n");
    made = decide(ask(odd, {"w.test"}));
    CHECK(made.lifetime.not_after > k_now + 20s);
    CHECK(length(made.lifetime) <= 30s);
}

TEST_CASE("lifetime: an expired CA is no refusal of the request, and the hint says how to go on") {
    auto request = ask(standard(), {"w.test"});
    request.validity = 24h;
    const auto made = decide(request, k_now + 24h * 31);
    REQUIRE(made.verdict.refusals.size() == 1);
    CHECK(made.verdict.refusals[0].kind == base::Kind::ca_not_valid);
    CHECK(made.verdict.refusals[0].remedy == "make its successor: signet ca rotate");
    const auto later = decide(request, k_now + 24h * 365 * 11);
    REQUIRE(later.verdict.refusals.size() == 1);
    CHECK(later.verdict.refusals[0].remedy == "make its successor: signet ca rotate --root");
}

TEST_CASE("lifetime: a date far ahead is no way around a short maximum") {
    const ca::Profile brief = test::profile_from("permit_dns = [\"**\"]\nmax_validity = \"1h\"\n");
    auto request = ask(brief, {"w.test"});
    request.not_before = k_now + 24h;
    request.not_after = k_now + 25h;
    CHECK(decide(request).verdict.refusals.size() == 1);
}
