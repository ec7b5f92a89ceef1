#include "inspect/batch.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "base/text.h"
#include "support/make_chain.h"
#include "x509/crl_builder.h"
#include "x509/pem.h"

using namespace signet;
using base::Json;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");

std::string pem(const x509::Certificate& certificate) { return x509::encode_certificates({certificate}); }

struct Fixture {
    test::ChainMaker maker{k_at};
    test::Member root = maker.self_signed(maker.ca_template("Root"));
    test::Member issuing = maker.issue(root, maker.ca_template("Issuing CA", 0));
    test::Member leaf = maker.issue(issuing, maker.leaf_template({"worker.internal", "10.0.0.7"}));

    Json line() const {
        return {{"id", "x"},
                {"leaf", pem(leaf.certificate)},
                {"roots", {pem(root.certificate)}},
                {"intermediates", {pem(issuing.certificate)}}};
    }
};

Json ask(inspect::BatchVerifier& verifier, const Json& line) {
    return Json::parse(verifier.verdict(base::dump_json(line)));
}

/// Where we differ on purpose.
const std::set<std::string> k_differs{
    // A trust anchor's authority key identifier serves nobody: its issuer is not looked for. The same corpus has a
    // valid chain (cve-2024-0567) under such an anchor.
    "limbo/rfc5280::aki::cross-signed-root-missing-aki",
};

}  // namespace

TEST_CASE("batch: each member of a line counts") {
    const Fixture made;
    inspect::BatchVerifier verifier(k_at);
    const struct {
        const char* member;
        Json value;
        bool valid;
    } rows[] = {
        {"hostname", "worker.internal", true},
        {"hostname", "WORKER.internal.", true},
        {"hostname", "other.internal", false},
        {"hostname", "10.0.0.7", false},
        {"hostname", nullptr, true},
        {"ip", "10.0.0.7", true},
        {"ip", "10.0.0.8", false},
        {"ip", "worker.internal", false},
        {"uri", "spiffe://x.internal/y", false},
        {"email", "a@b.internal", false},
        {"purpose", "client", true},
        {"purpose", "any", true},
        {"purpose", "mail", false},
        {"purpose", 7, false},
        {"at", "2027-01-15T08:00:00.25Z", true},
        {"at", "2020-01-01T00:00:00Z", false},
        {"at", "tomorrow", false},
        {"max_depth", 1, true},
        {"max_depth", 0, false},
        {"max_depth", -1, false},
        {"max_depth", "1", false},
        {"intermediates", Json::array(), false},
        {"roots", {"rubbish"}, false},
        {"crls", Json::array(), true},
        {"crls", {"rubbish"}, false},
        {"leaf", nullptr, false},
        {"unknown", "is passed over", true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.member);
        CAPTURE(row.value.dump());
        Json line = made.line();
        line[row.member] = row.value;
        const Json answer = ask(verifier, line);
        CHECK(answer["id"] == "x");
        CHECK(answer["valid"] == row.valid);
        CHECK(answer["reason"].get<std::string>().empty() == row.valid);
        CHECK(answer.size() == 3);
    }
}

TEST_CASE("batch: the last second of a validity belongs to it, the next does not") {
    const Fixture made;
    inspect::BatchVerifier verifier(k_at);
    const auto verdict = [&](base::Time at, const char* fraction) {
        Json line = made.line();
        std::string text = base::format_time(at);
        text.insert(text.size() - 1, fraction);
        line["at"] = text;
        return ask(verifier, line)["valid"].get<bool>();
    };
    const auto& leaf = made.leaf.certificate;
    CHECK(verdict(leaf.not_after(), ""));
    CHECK(verdict(leaf.not_after(), ".999"));
    CHECK_FALSE(verdict(leaf.not_after() + std::chrono::seconds(1), ""));
    CHECK(verdict(leaf.not_before(), ""));
    CHECK_FALSE(verdict(leaf.not_before() - std::chrono::seconds(1), ".5"));
}

TEST_CASE("batch: what is no JSON object is an answer too, and what came before does not change what comes after") {
    const Fixture made;
    inspect::BatchVerifier verifier(k_at);
    for (const char* line : {"", "{", "[]", "7", "{\"id\":\"x\"}", "{\"id\":\"x\",\"leaf\":7}", "{\"a\":1,\"a\":2}"}) {
        const Json answer = Json::parse(verifier.verdict(line));
        CHECK(answer["valid"] == false);
        CHECK(!answer["reason"].get<std::string>().empty());
    }
    // Two roots of one name: the memory of signatures must not mix them up.
    const auto twin = test::ChainMaker(k_at).self_signed(test::ChainMaker(k_at).ca_template("Root"));
    Json good = made.line(), bad = made.line();
    bad["roots"] = {pem(twin.certificate)};
    for (int round = 0; round < 3; ++round) {
        CHECK(ask(verifier, good)["valid"] == true);
        CHECK(ask(verifier, bad)["valid"] == false);
    }
}

TEST_CASE("batch: agrees with x509-limbo and BetterTLS") {
    const char* vectors = std::getenv("SIGNET_VECTORS");
    if (vectors == nullptr) {
        MESSAGE("skipped: SIGNET_VECTORS is not set");
        return;
    }
    const std::string directory = std::string(vectors) + "/path/";
    const Json expected = Json::parse(base::read_file(directory + "expected.json", 64 << 20));
    const auto unpacked = base::run_process({.arguments = {"gzip", "-dc", directory + "cases.jsonl.gz"},
                                             .environment = {},
                                             .input = {},
                                             .output_limit = 256 << 20});
    REQUIRE(unpacked.exit_code == 0);
    inspect::BatchVerifier verifier(k_at);
    std::map<std::string, std::pair<int, int>> score;  // tier: agreed, not
    for (const std::string_view line : base::split(unpacked.output, '\n')) {
        if (line.empty()) continue;
        const Json answer = Json::parse(verifier.verdict(line));
        const std::string id = answer["id"];
        const Json& wanted = expected[id];
        if (wanted["valid"].is_null()) continue;  // any verdict
        const bool agrees = answer["valid"] == wanted["valid"];
        auto& [good, bad] = score[wanted["tier"]];
        ++(agrees ? good : bad);
        const bool counts = (wanted["tier"] == "must" || wanted["tier"] == "strict") && !k_differs.contains(id);
        CHECK_MESSAGE((agrees || !counts), id, ": ", answer["reason"].get<std::string>(), " ", wanted.value("why", ""));
    }
    for (const auto& [tier, result] : score) MESSAGE(tier, ": ", result.first, " agree, ", result.second, " do not");
}

TEST_CASE("batch: a line cannot make us spend memory or time") {
    const Fixture made;
    inspect::BatchVerifier verifier(k_at);
    const auto reason = [&](const std::string& line) {
        const Json answer = Json::parse(verifier.verdict(line));
        CHECK(answer["valid"] == false);
        return answer["reason"].get<std::string>();
    };
    std::string empty_ones = R"({"id":"x","roots":[)";
    for (int i = 0; i < 60'000; ++i) empty_ones += "[],";
    CHECK(reason(empty_ones + "[]]}") == "line: more than 50000 values");

    Json line = made.line();
    for (int i = 0; i < 10'000; ++i) line["intermediates"].push_back(pem(made.issuing.certificate));
    CHECK(reason(base::dump_json(line)) == "roots and intermediates are larger than 4194304 bytes");
    line = made.line();
    line["intermediates"].push_back(1);
    CHECK(reason(base::dump_json(line)) == "\"intermediates\" must be an array of strings");
    line = made.line();
    line["crls"] = {std::string(30 << 20, 'x')};
    CHECK(reason(base::dump_json(line)) == "line: larger than 25165824 bytes");
}
