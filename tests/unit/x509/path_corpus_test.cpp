// x509-limbo and BetterTLS, as data prepared by others: SIGNET_VECTORS names the directory that holds
// path/cases.jsonl.gz and path/expected.json.

#include <cstdlib>
#include <doctest/doctest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "base/text.h"
#include "x509/path.h"
#include "x509/pem.h"

using namespace signet;
using base::Json;

namespace {

std::vector<x509::Certificate> certificates(const Json& pems) {
    std::vector<x509::Certificate> out;
    for (const auto& pem : pems) {
        for (auto& certificate : x509::parse_certificates(pem.get<std::string>(), "case")) out.push_back(certificate);
    }
    return out;
}

bool names_fit(const x509::Certificate& leaf, const Json& input) {
    const auto covers = [&](const x509::Identifier& wanted) {
        return std::any_of(leaf.names().begin(), leaf.names().end(),
                           [&](const auto& name) { return x509::matches(name, wanted); });
    };
    if (input.contains("hostname") && !covers(x509::Identifier::dns(input["hostname"].get<std::string>())))
        return false;
    return !input.contains("ip") || covers(x509::Identifier::ip(input["ip"].get<std::string>()));
}

/// Where we differ on purpose.
const std::set<std::string> k_differs{
    // A trust anchor's authority key identifier serves nobody: its issuer is not looked for. The same corpus has a
    // valid chain (cve-2024-0567) under such an anchor.
    "limbo/rfc5280::aki::cross-signed-root-missing-aki",
};

/// Why the case is refused; empty when it is accepted.
std::string verdict(const Json& input) {
    try {
        x509::PathRequest request{certificates({input["leaf"]}).at(0),
                                  certificates(input["intermediates"]),
                                  certificates(input["roots"]),
                                  base::parse_time(input["at"].get<std::string>(), "at"),
                                  x509::Purpose::any,
                                  std::nullopt};
        if (input["purpose"] == "server") request.purpose = x509::Purpose::server;
        if (input["purpose"] == "client") request.purpose = x509::Purpose::client;
        if (input.contains("max_depth") && input["max_depth"].is_number())
            request.max_depth = input["max_depth"].get<int>();
        const x509::PathResult result = x509::validate_path(request);
        if (!result.valid()) return result.findings[0].rule + ": " + result.findings[0].message;
        return names_fit(request.leaf, input) ? "" : "name";
    } catch (const base::Error& error) {
        return error.message();
    }
}

}  // namespace

TEST_CASE("path: agrees with x509-limbo and BetterTLS") {
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
    std::map<std::string, std::pair<int, int>> score;  // tier: agreed, not
    for (const std::string_view line : base::split(unpacked.output, '\n')) {
        if (line.empty()) continue;
        const Json input = Json::parse(line);
        const std::string id = input["id"];
        const Json& wanted = expected[id];
        if (wanted["valid"].is_null() || (input.contains("crls") && !input["crls"].empty())) continue;
        const std::string why = verdict(input);
        const bool agrees = why.empty() == wanted["valid"].get<bool>();
        auto& [good, bad] = score[wanted["tier"]];
        ++(agrees ? good : bad);
        const bool counts = (wanted["tier"] == "must" || wanted["tier"] == "strict") && !k_differs.contains(id);
        CHECK_MESSAGE((agrees || !counts), id, ": ", why.empty() ? "accepted" : why, " ", wanted.value("why", ""));
    }
    for (const auto& [tier, result] : score) MESSAGE(tier, ": ", result.first, " agree, ", result.second, " do not");
}
