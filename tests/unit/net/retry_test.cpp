#include "net/retry.h"

#include <doctest/doctest.h>

#include "support/manual_clock.h"

using namespace signet;
using namespace std::chrono_literals;

TEST_CASE("retry: waits double up to fifteen seconds, with at most a tenth more") {
    test::ManualClock clock;
    net::Retry retry(clock, 10min);
    for (int i = 0; i < 12; ++i) REQUIRE(retry.wait());
    const auto waits = clock.waits();
    base::Duration plain = 250ms;
    for (const auto wait : waits) {
        CHECK(wait >= plain);
        CHECK(wait <= plain + plain / 10);
        plain = std::min<base::Duration>(plain * 2, 15s);
    }
}

TEST_CASE("retry: Retry-After wins when it is longer") {
    test::ManualClock clock;
    net::Retry retry(clock, 1h);
    REQUIRE(retry.wait(40s));
    REQUIRE(retry.wait(1ms));
    CHECK(clock.waits()[0] == 40s);
    CHECK(clock.waits()[1] >= 500ms);
}

TEST_CASE("retry: never sleeps past the deadline") {
    test::ManualClock clock;
    const auto start = clock.now();
    net::Retry retry(clock, 2s);
    int tries = 0;
    while (retry.wait()) ++tries;
    CHECK(tries == 3);
    CHECK(clock.now() - start < 2s);
    CHECK_FALSE(net::Retry(clock, 2s).wait(3s));
    clock.advance(1h);
    CHECK(retry.left() == 0s);
}

TEST_CASE("retry: a stop request ends it") {
    test::ManualClock clock;
    net::Retry retry(clock, 1h);
    std::stop_source stop;
    stop.request_stop();
    CHECK_FALSE(retry.wait({}, stop.get_token()));
}

TEST_CASE("retry: a clock that is set back does not prolong it") {
    test::ManualClock clock;
    net::Retry retry(clock, 1min);
    REQUIRE(retry.wait());
    clock.advance(-48h);
    int tries = 0;
    while (retry.wait()) REQUIRE(++tries < 20);
    CHECK(retry.left() <= 1min);
}
