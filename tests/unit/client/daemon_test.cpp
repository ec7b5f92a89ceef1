#include "client/daemon.h"

#include <doctest/doctest.h>

#include "support/manual_clock.h"

using namespace signet;
using namespace std::chrono_literals;

namespace {

// Rounds on a clock that moves when it is waited for; ends after some of them.
struct Daemon {
    test::ManualClock clock;
    client::Waker waker;
    std::stop_source stop;
    base::Time begin = clock.now();
    std::vector<base::Duration> rounds;  // when, from the beginning
    std::size_t last = 3;
    base::Duration interval = 12h;
    std::function<base::Time()> next = [this] { return clock.now() + 12h; };
    std::function<std::string()> fingerprint = [] { return "same"; };

    void run() {
        const auto look = [this] {
            rounds.push_back(clock.now() - begin);
            if (rounds.size() >= last) stop.request_stop();
            return next();
        };
        client::run_daemon({look, [this] { return fingerprint(); }, interval}, clock, waker, stop.get_token());
    }
};

}  // namespace

TEST_CASE_FIXTURE(Daemon, "daemon: sleeps until the next event, waking up once a minute") {
    next = [this] { return clock.now() + 90s; };
    run();
    CHECK(rounds == std::vector<base::Duration>{0s, 90s, 180s});
    CHECK(clock.waits().size() == 5);  // a minute and half of one, twice; and the one that the end cut off
    for (const auto wait : clock.waits()) CHECK(wait <= 1min);
}

TEST_CASE_FIXTURE(Daemon, "daemon: --interval at most, a second at least") {
    interval = 5min;
    next = [this] { return rounds.size() == 1 ? clock.now() + 24h : clock.now() - 24h; };
    run();
    CHECK(rounds == std::vector<base::Duration>{0s, 5min, 5min + 1s});
}

TEST_CASE_FIXTURE(Daemon, "daemon: an edit is noticed within a minute") {
    fingerprint = [this] { return clock.now() - begin < 3min ? "one" : "another"; };
    last = 2;
    run();
    CHECK(rounds == std::vector<base::Duration>{0s, 3min});
}

TEST_CASE_FIXTURE(Daemon, "daemon: a clock that jumps, as after a suspend, is noticed with the next wake-up") {
    last = 2;
    int calls = 0;
    fingerprint = [&] {
        if (++calls == 4) clock.advance(5h);  // while it sleeps, in the fourth minute
        return "same";
    };
    run();
    REQUIRE(rounds.size() == 2);
    CHECK(rounds[1] - 5h <= 5min);
}

TEST_CASE_FIXTURE(Daemon, "daemon: a clock that is set back is noticed with the next wake-up, and makes no haste") {
    // The machine's clock ends such a wait when the time has passed that it was to take.
    struct SetBack final : base::Clock {
        explicit SetBack(test::ManualClock& inner) : clock(inner) {}
        base::Time now() const override { return clock.now(); }
        base::Duration steady() const override { return clock.steady(); }
        bool wait_until(base::Time when, std::stop_token token) override {
            const bool reached = clock.wait_until(when, token);
            if (++waits == 4) clock.advance(-48h);
            return reached;
        }
        test::ManualClock& clock;
        int waits = 0;
    } set_back(clock);
    const auto look = [this] {
        rounds.push_back(clock.now() - begin);
        if (rounds.size() >= last) stop.request_stop();
        return clock.now() + 12h;
    };
    client::run_daemon({look, [] { return "same"; }, interval}, set_back, waker, stop.get_token());
    CHECK(rounds == std::vector<base::Duration>{0s, 4min - 48h, 12h + 4min - 48h});
}

TEST_CASE_FIXTURE(Daemon, "daemon: is woken, also by what came before the wait") {
    next = [this] {
        if (rounds.size() == 1) waker.wake();
        return clock.now() + 12h;
    };
    last = 2;
    run();
    CHECK(rounds == std::vector<base::Duration>{0s, 0s});
    const auto token = waker.token();
    CHECK_FALSE(token.stop_requested());
    waker.wake();
    CHECK(token.stop_requested());
}
