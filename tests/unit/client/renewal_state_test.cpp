#include "client/renewal_state.h"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "support/temporary_directory.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Error;
using base::Kind;

namespace {

const base::Time k_now = base::from_unix(1'800'000'000);

}  // namespace

TEST_CASE("renewal state: what a run has learnt the next one knows, about the same certificate") {
    const test::TemporaryDirectory directory;
    client::RenewalState state;
    state.serial = "2a";
    state.advice = client::RenewalWindow{k_now + 1h, k_now + 2h, "https://ca.test/why?\"quoted\""};
    state.ask_after = k_now + 6h;
    client::count_failure(state, Error(Kind::connection, "no\nanswer"), k_now, k_now + 24h);
    client::save_renewal_state(directory.path(), state);
    CHECK(base::file_facts(directory / ".signet/renewal-state.toml")->mode == 0600);

    const auto loaded = client::load_renewal_state(directory.path(), "2a");
    REQUIRE(loaded.advice);
    CHECK(loaded.advice->start == state.advice->start);
    CHECK(loaded.advice->end == state.advice->end);
    CHECK(loaded.advice->explanation_url == state.advice->explanation_url);
    CHECK(loaded.ask_after == state.ask_after);
    CHECK(loaded.failures == 1);
    CHECK(loaded.failure_kind == Kind::connection);
    CHECK(loaded.failure == state.failure);

    const auto other = client::load_renewal_state(directory.path(), "2b");
    CHECK(other.serial == "2b");
    CHECK(other.failures == 0);
    CHECK_FALSE(other.advice);
    client::forget_renewal_state(directory.path());
    CHECK(client::load_renewal_state(directory.path(), "2a").failures == 0);
}

TEST_CASE("renewal state: damaged by hand, or open to others, it is as if nothing had been learnt") {
    const test::TemporaryDirectory directory;
    const auto file = directory / ".signet/renewal-state.toml";
    std::filesystem::create_directory(directory / ".signet");
    for (const char* text :
         {"", "serial = ", "serial = \"2a\"\nfailures = -1\n", "serial = \"2a\"\nask_after = \"noon\"\n",
          "serial = \"2a\"\nfailures = 1\nunknown = 1\n", "\x00\xff"}) {
        base::write_file(file, text, {.mode = 0600});
        const auto state = client::load_renewal_state(directory.path(), "2a");
        CHECK(state.serial == "2a");
        CHECK(state.failures == 0);
    }
    client::RenewalState state;
    state.serial = "2a";
    state.failures = 7;
    client::save_renewal_state(directory.path(), state);
    ::chmod(file.c_str(), 0666);
    CHECK(client::load_renewal_state(directory.path(), "2a").failures == 0);
}

TEST_CASE("renewal state: the wait doubles after two free tries, and is bounded by the time that is left") {
    client::RenewalState state;
    const auto wait = [&](base::Duration left) {
        client::count_failure(state, Error(Kind::connection, "no answer"), k_now, k_now + left);
        return state.retry_after ? *state.retry_after - k_now : base::Duration(0);
    };
    std::vector<base::Duration> waits;
    for (int i = 0; i < 14; ++i) waits.push_back(wait(90 * 24h));
    CHECK(waits ==
          std::vector<base::Duration>{0s, 0s, 1min, 2min, 4min, 8min, 16min, 32min, 64min, 128min, 256min, 6h, 6h, 6h});
    CHECK(wait(24h) == 2h);
    CHECK(wait(1min) == 1min);
    CHECK(wait(-1h) == 1min);
    const auto error = client::waiting_error(state);
    CHECK(error.kind() == Kind::connection);
    CHECK(error.message().find("17 failures") != std::string::npos);
    CHECK(error.message().find("no answer") != std::string::npos);
}
