#include <atomic>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "fixture.h"
#include "server/validation.h"

using namespace signet;
using namespace signet::test;
using namespace std::chrono_literals;

namespace {

/// A system that gives so many threads and no more.
server::Validation::MakeThread at_most(int threads) {
    return [left = std::make_shared<std::atomic<int>>(threads)](std::function<void()> work) {
        if (left->fetch_sub(1) <= 0) throw std::system_error(EAGAIN, std::generic_category());
        return std::thread(std::move(work));
    };
}

struct Fixture {
    ServerFixture server{"challenge"};
    AcmeClient client = server.registered();
    server::LiveBox live{server.configuration};
    server::Metrics metrics;

    server::Validation validation(int threads) {
        return {server.store(), server.resolver, server.clock, live, metrics, at_most(threads)};
    }
    /// A dns-01 challenge in state processing, which nobody works on yet: its id.
    std::string begin(const std::string& name) {
        const auto order = order_of(client.new_order({name}));
        const auto authorization = json_of(client.post(order.authorizations.front(), ""));
        for (const auto& challenge : authorization["challenges"]) {
            if (challenge["type"] != "dns-01") continue;
            const auto url = challenge["url"].get<std::string>();
            REQUIRE(client.post(url, "{}").status == 200);
            return url.substr(url.rfind('/') + 1);
        }
        FAIL("no dns-01");
        return {};
    }
    bool tried(const std::string& name) {
        for (int i = 0; i < 3000 && server.resolver.texts_asked("_acme-challenge." + name) == 0; ++i)
            std::this_thread::sleep_for(10ms);
        return server.resolver.texts_asked("_acme-challenge." + name) > 0;
    }
};

}  // namespace

TEST_CASE("validation: threads that cannot be had cost time, and neither jobs nor the server") {
    Fixture fixture;
    fixture.begin("first.test");
    auto validation = fixture.validation(1);
    validation.start();
    for (const char* name : {"a.test", "b.test", "c.test"}) {
        const auto id = fixture.begin(name);
        CHECK_NOTHROW(
            validation.enqueue(id, "dns-01", ServerFixture::account_id(fixture.client), fixture.server.clock.now()));
    }
    for (const char* name : {"first.test", "a.test", "b.test", "c.test"}) CHECK(fixture.tried(name));
    validation.stop();
}

TEST_CASE("validation: without any thread the server does not start") {
    Fixture fixture;
    auto validation = fixture.validation(0);
    try {
        validation.start();
        FAIL("it started");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::environment);
    }
}
