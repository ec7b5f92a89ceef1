#include "server/metrics.h"

#include "fixture.h"

using namespace signet;
using namespace signet::test;

namespace {

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics: what was served, issued and refused is counted, by bounded words only") {
    ServerFixture server;
    server.profile().deny_dns = {"no.internal"};
    server.reconfigure();
    auto client = server.registered();
    const auto order = order_of(client.new_order({"db.internal"}));
    CHECK(client.finalize(order.finalize, csr_for({"db.internal"})).status == 200);
    CHECK_PROBLEM(client.new_order({"no.internal"}), 400, "rejectedIdentifier");
    client.get("/nothing/here");
    client.scheme = "http";
    const auto response = client.get("/metrics");
    CHECK(response.status == 200);
    CHECK(header_of(response, "Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    const auto& text = response.body;
    CAPTURE(text);
    CHECK(has_line(text, R"(signet_http_requests_total{route="/acme/new-account",method="POST",status="201"} 1)"));
    CHECK(has_line(text,
                   R"(signet_http_requests_total{route="/acme/order/{id}/finalize",method="POST",status="200"} 1)"));
    CHECK(has_line(text, R"(signet_http_requests_total{route="none",method="any",status="404"} 1)"));
    CHECK(has_line(text, R"(signet_http_request_duration_seconds_count{route="/acme/new-account",method="POST"} 1)"));
    CHECK(has_line(text, R"(signet_certificates_issued_total{profile="default"} 1)"));
    CHECK(has_line(text, R"(signet_issuance_refusals_total{profile="default",reason="rejectedIdentifier"} 1)"));
    CHECK(text.find("signet_store_commit_duration_seconds_count ") != std::string::npos);
    CHECK(text.find("signet_store_commit_group_changes_bucket{le=\"1\"} ") != std::string::npos);
    CHECK(text.find("signet_ca_not_after_timestamp_seconds{ca=\"default\",kind=\"root\"} ") != std::string::npos);
    CHECK(text.find("process_resident_memory_bytes ") != std::string::npos);
    for (const auto& secret : {std::string("internal"), ServerFixture::account_id(client)}) {
        CHECK(text.find(secret + "\"") == std::string::npos);  // no name, no account
    }
}

TEST_CASE("metrics: validation attempts are counted by type and result") {
    ServerFixture server("challenge");
    auto client = server.registered();
    const auto order = order_of(client.new_order({"x.internal"}));
    const auto authorization = json_of(client.post(order.authorizations.front(), ""));
    client.post(authorization["challenges"][0]["url"].get<std::string>(), "{}");
    CHECK(client.get("/metrics").body.find(R"(signet_validation_queue_depth{state="waiting"} 1)") != std::string::npos);
    server.app->run_validations();
    const auto text = client.get("/metrics").body;
    CAPTURE(text);
    CHECK(has_line(text, R"(signet_challenge_attempts_total{type="http-01",result="retry"} 2)"));
    CHECK(has_line(text, R"(signet_challenge_attempts_total{type="http-01",result="invalid"} 1)"));
}
