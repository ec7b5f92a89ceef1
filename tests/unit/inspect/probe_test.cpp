#include "inspect/probe.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/make_chain.h"

using namespace signet;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");

/// Answers every handshake with one chain and records what was asked.
struct RecordingDialer final : net::TlsDialer {
    std::vector<x509::Certificate> chain;
    std::vector<net::TlsDialRequest> asked;
    net::TlsHandshake dial(const net::TlsDialRequest& request) override {
        asked.push_back(request);
        return {"TLSv1.3",
                "TLS_AES_256_GCM_SHA384",
                "x25519",
                "",
                chain,
                false,
                net::Address::from_octets(base::Bytes{127, 0, 0, 1})};
    }
};

}  // namespace

TEST_CASE("probe: the peer must have the name that was asked for, unless another identity is expected") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    RecordingDialer dialer;
    dialer.chain = {
        maker.issue(root, maker.leaf_template({"db.internal", "127.0.0.1", "spiffe://mesh.internal/db"})).certificate};
    inspect::ProbeRequest request;
    request.port = 5432;
    request.question.anchors = {root.certificate};
    request.question.at = k_at;
    request.question.purpose = x509::Purpose::server;
    const auto rules = [&](const std::string& host, const std::string& server_name) {
        request.host = host;
        request.server_name = server_name;
        std::string out;
        for (const auto& finding : inspect::probe(dialer, request).verification.findings) out += finding.rule;
        return out;
    };
    CHECK(rules("db.internal", "") == "");
    CHECK(dialer.asked.back().server_name == "db.internal");
    CHECK(rules("127.0.0.1", "") == "");
    CHECK(dialer.asked.back().server_name == "");
    CHECK(rules("127.0.0.2", "") == "name");
    CHECK(rules("127.0.0.2", "db.internal") == "");
    CHECK(dialer.asked.back().server_name == "db.internal");
    CHECK(rules("other.internal", "") == "name");
    request.question.identities = {x509::Identifier::parse("spiffe://mesh.internal/db")};
    CHECK(rules("other.internal", "") == "");
    request.question.identities = {x509::Identifier::parse("spiffe://mesh.internal/other")};
    CHECK(rules("db.internal", "") == "name");
}

TEST_CASE("probe: a name that no certificate can have is refused before connecting") {
    RecordingDialer dialer;
    inspect::ProbeRequest request;
    request.host = "under_score.internal";
    request.port = 443;
    CHECK_THROWS_AS(inspect::probe(dialer, request), base::Error);
    CHECK(dialer.asked.empty());
    request.host = "db.internal";
    CHECK_THROWS_WITH_AS(inspect::probe(dialer, request), "db.internal showed no certificate", base::Error);
}
