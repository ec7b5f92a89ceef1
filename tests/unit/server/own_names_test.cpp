#include "fixture.h"
#include "server/hosts.h"

using namespace signet;
using namespace signet::test;

namespace {

// A server that goes by ca.test, and was not told any hostname: its certificate has the loopback names too.
struct Unnamed : ServerFixture {
    explicit Unnamed(std::string auth = "trust") : ServerFixture(std::move(auth)) { forget_hostnames(); }
    void forget_hostnames() {
        configuration.settings.hostnames.clear();
        configuration.settings.external_url = "https://ca.test:8443";
        reconfigure();
    }
};

const char* const k_loopback[] = {"localhost", "127.0.0.1", "::1"};

}  // namespace

TEST_CASE("own names: what is on the server's certificate is not given away without proof") {
    for (const char* mode : {"trust", "manual"}) {
        CAPTURE(mode);
        Unnamed server(mode);
        auto client = server.registered();
        for (const char* name : k_loopback) {
            CAPTURE(name);
            CHECK_PROBLEM(client.new_order({name}), 400, "rejectedIdentifier");
            CHECK_PROBLEM(client.new_order({"a.test", name}), 400, "rejectedIdentifier");
        }
        CHECK_PROBLEM(client.post("/acme/new-authz", R"({"identifier":{"type":"dns","value":"localhost"}})"), 400,
                      "rejectedIdentifier");
        CHECK_PROBLEM(client.new_order({server::machine_name()}), 400, "rejectedIdentifier");
        CHECK_PROBLEM(client.new_order({"ca.test"}), 400, "rejectedIdentifier");
        CHECK(client.new_order({"127.0.0.2", "a.test"}).status == 201);
    }
}

TEST_CASE("own names: with hostnames the loopback names are the profile's to permit") {
    ServerFixture server;
    auto client = server.registered();
    for (const char* name : k_loopback) CHECK(client.new_order({name}).status == 201);
    CHECK_PROBLEM(client.new_order({"ca.test"}), 400, "rejectedIdentifier");
}

TEST_CASE("own names: a challenge proves a loopback name, not a host name") {
    Unnamed server("challenge");
    auto client = server.registered();
    const auto made = client.new_order({"127.0.0.1"});
    CHECK(order_of(made).status == "pending");
    CHECK_PROBLEM(client.new_order({server::machine_name()}), 400, "rejectedIdentifier");
    CHECK_PROBLEM(client.new_order({"ca.test"}), 400, "rejectedIdentifier");
}

TEST_CASE("own names: an order from before the settings changed is not finished either") {
    Unnamed server;
    server.configuration.settings.hostnames = {"ca.test"};
    server.reconfigure();
    auto client = server.registered();
    const auto order = order_of(client.new_order({"localhost"}));
    CHECK(order.status == "ready");
    server.forget_hostnames();
    const auto refused = client.finalize(order.finalize, csr_for({"localhost"}));
    CHECK_PROBLEM(refused, 401, "unauthorized");
    CHECK(server.audited("certificate.issued") == 0);
}
