#include "client/activation.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/make_chain.h"
#include "support/temporary_directory.h"

using namespace signet;

namespace {

struct Fixture {
    test::TemporaryDirectory directory;
    x509::Certificate leaf = [] {
        test::ChainMaker maker(base::from_unix(1'800'000'000));
        return maker.self_signed(maker.leaf_template({"db.internal"})).certificate;
    }();
    client::SignalsSent sent;

    base::Path target() const { return directory / "tls"; }
    base::Path mark() const { return directory / "mark"; }
    std::string touch() const { return "touch " + mark().string(); }
    std::optional<client::ActivationResult> activate(const client::Activation& own = {},
                                                     client::ActivationLock held = {}) {
        return client::activate(target(), leaf, own, std::move(held), sent);
    }
    bool marked() {
        const bool there = std::filesystem::exists(mark());
        std::filesystem::remove(mark());
        return there;
    }
};

}  // namespace

TEST_CASE("activation: nothing owed, nothing run") {
    Fixture f;
    std::filesystem::create_directories(f.target());
    CHECK_FALSE(f.activate({f.touch(), ""}));
    CHECK_FALSE(f.marked());
    CHECK_FALSE(client::owe_activation(f.target(), {}));
    CHECK_FALSE(std::filesystem::exists(f.target() / ".signet/pending.toml"));
}

TEST_CASE("activation: a change is owed until a hook succeeds") {
    Fixture f;
    auto held = client::owe_activation(f.target(), {"false", ""});
    REQUIRE(held);
    const auto failed = f.activate({}, std::move(held));
    REQUIRE(failed);
    CHECK_FALSE(failed->ok);
    CHECK_FALSE(failed->message.empty());

    const auto again = f.activate();  // the hook that failed, without being named again
    REQUIRE(again);
    CHECK_FALSE(again->ok);

    const auto own = f.activate({f.touch(), ""});  // this run's own goes before it
    REQUIRE(own);
    CHECK(own->ok);
    CHECK(f.marked());
    CHECK_FALSE(f.activate({f.touch(), ""}));
}

TEST_CASE("activation: a crash between swap and hook is made good by the next run") {
    Fixture f;
    { const auto lost = client::owe_activation(f.target(), {f.touch(), ""}); }
    const auto result = f.activate();
    REQUIRE(result);
    CHECK(result->ok);
    CHECK(f.marked());
}

TEST_CASE("activation: a run beside the one that made the change leaves the hook to it") {
    Fixture f;
    auto held = client::owe_activation(f.target(), {f.touch(), ""});
    CHECK_FALSE(f.activate());
    CHECK_FALSE(f.marked());
    CHECK(f.activate({}, std::move(held)));
    CHECK(f.marked());
}
