#include "fixture.h"

using namespace signet;
using namespace signet::test;

TEST_CASE("refusals: a finalize may fail and be mended") {
    ServerFixture server;
    auto client = server.registered();
    const auto order = order_of(client.new_order({"a.internal"}));
    for (int i = 0; i < 9; ++i) CHECK_PROBLEM(client.finalize(order.finalize, csr_for({"b.internal"})), 400, "badCSR");
    CHECK(server.audited("certificate.refused") == 1);
    CHECK(client.finalize(order.finalize, csr_for({"a.internal"})).status == 200);
    CHECK_PROBLEM(client.finalize(order.finalize, csr_for({"b.internal"})), 403, "orderNotReady");
    CHECK(server.audited("certificate.refused") == 1);
}

TEST_CASE("refusals: after ten the order is invalid and says why, and the audit log has one entry") {
    ServerFixture server;
    auto client = server.registered();
    const auto response = client.new_order({"a.internal"});
    const auto order = order_of(response);
    for (int i = 0; i < 10; ++i) CHECK(client.finalize(order.finalize, csr_for({"b.internal"})).status == 400);
    CHECK_PROBLEM(client.finalize(order.finalize, csr_for({"a.internal"})), 403, "orderNotReady");
    const auto ended = json_of(client.post(header_of(response, "Location"), ""));
    CHECK(ended["status"] == "invalid");
    CHECK(ended["error"]["type"] == "urn:ietf:params:acme:error:badCSR");
    CHECK(server.audited("certificate.refused") == 1);
}

TEST_CASE("refusals: policy's own are counted with the rest") {
    ServerFixture server;
    auto client = server.registered();
    const auto order = order_of(client.new_order({"a.internal"}));
    server.profile().deny_dns = {"a.internal"};
    server.reconfigure();
    for (int i = 0; i < 3; ++i) CHECK(client.finalize(order.finalize, csr_for({"a.internal"})).status >= 400);
    CHECK(server.audited("certificate.refused") == 1);
}
