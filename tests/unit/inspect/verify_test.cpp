#include "inspect/verify.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/make_chain.h"

using namespace signet;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");

}  // namespace

TEST_CASE("verify: certificates after the leaf count as intermediates, every identity must be covered") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    const auto issuing = maker.issue(root, maker.ca_template("Issuing", 0));
    const auto leaf = maker.issue(issuing, maker.leaf_template({"a.internal", "10.0.0.7", "spiffe://mesh.internal/a"}));
    inspect::VerifyRequest request;
    request.presented = {leaf.certificate, issuing.certificate};
    request.anchors = {root.certificate};
    request.at = k_at;
    request.key = leaf.key->public_key();
    request.identities = {x509::Identifier::parse("A.internal"), x509::Identifier::parse("10.0.0.7"),
                          x509::Identifier::parse("spiffe://mesh.internal/a")};
    const auto good = inspect::verify(request);
    CHECK(good.valid());
    CHECK(good.chain.size() == 3);
    for (const auto& check : good.checks) CHECK_MESSAGE(check.passed, check.what);

    request.identities.push_back(x509::Identifier::parse("b.internal"));
    request.key = root.key->public_key();
    request.max_depth = 0;
    const auto bad = inspect::verify(request);
    std::vector<std::string> rules;
    for (const auto& finding : bad.findings) rules.push_back(finding.rule);
    CHECK(rules == std::vector<std::string>{"depth", "name", "key-pair"});
    int failed = 0;
    for (const auto& check : bad.checks) failed += check.passed ? 0 : 1;
    CHECK(failed == 3);
    const auto json = inspect::report_json(bad);
    CHECK(json["valid"] == false);
    CHECK(json["reason"] == bad.findings[0].message);
    CHECK(json["findings"][1]["message"] ==
          "it is for a.internal, 10.0.0.7, spiffe://mesh.internal/a; not for b.internal");
}
