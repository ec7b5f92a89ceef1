#include "base/time.h"

#include <doctest/doctest.h>
#include <thread>

#include "base/error.h"
#include "base/wait.h"
#include "support/manual_clock.h"

using namespace signet::base;
using namespace std::chrono_literals;

TEST_CASE("time: durations are read and written in one unit") {
    const std::pair<const char*, Duration> rows[] = {{"90s", 90s},    {"90m", 90min},      {"24h", 24h}, {"7d", 168h},
                                                     {"398d", 9552h}, {"10y", 24h * 3650}, {"0s", 0s}};
    for (const auto& [text, value] : rows) {
        CAPTURE(text);
        CHECK(parse_duration(text, "x") == value);
        CHECK(format_duration(value) == text);
    }
    CHECK(parse_duration("2w", "x") == 336h);
    CHECK(format_duration(336h) == "14d");
    CHECK(format_duration(3600s) == "1h");
}

TEST_CASE("time: what is no duration names the setting") {
    for (const char* text : {"", "h", "7", "7 d", "-7d", "1.5h", "7D", "1h30m", "99999999999999999999h", "2001y"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_duration(text, "--validity"), Error);
    }
    try {
        parse_duration("soon", "--validity");
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::bad_input);
        CHECK(error.message() == "--validity: not a duration: \"soon\"");
    }
}

TEST_CASE("time: durations for people") {
    CHECK(describe_duration(12 * 24h) == "12 days");
    CHECK(describe_duration(3h) == "3 hours");
    CHECK(describe_duration(36h) == "36 hours");
    CHECK(describe_duration(45s) == "45 seconds");
    CHECK(describe_duration(1s) == "1 second");
    CHECK(describe_duration(-48h) == "2 days ago");
    CHECK(describe_duration(24h * 3650) == "10 years");
}

TEST_CASE("time: RFC 3339") {
    CHECK(to_unix(parse_time("2027-01-15T08:00:00Z", "x")) == 1'800'000'000);
    CHECK(format_time(from_unix(1'800'000'000)) == "2027-01-15T08:00:00Z");
    CHECK(parse_time("2027-01-15T10:30:00.250+02:30", "x") == from_unix(1'800'000'000) + 250ms);
    CHECK(parse_time("1996-12-19t16:39:57-08:00", "x") == parse_time("1996-12-20T00:39:57z", "x"));
    CHECK(format_time(parse_time("9999-12-31T23:59:59Z", "x")) == "9999-12-31T23:59:59Z");
    CHECK(format_time(parse_time("1990-12-31T23:59:60Z", "x")) == "1991-01-01T00:00:00Z");
    CHECK(parse_time("2024-02-29T00:00:00.1234567Z", "x") == parse_time("2024-02-29T00:00:00.123456Z", "x"));
    CHECK(to_unix(from_unix(0) - 1us) == -1);
    for (const char* text :
         {"", "2027-01-15", "2027-01-15T08:00:00", "2027-02-29T00:00:00Z", "2027-13-01T00:00:00Z",
          "2027-01-15T24:00:00Z", "2027-01-15T08:60:00Z", "2027-01-15T08:00:00.Z", "2027-01-15T08:00:00+0200",
          "2027-01-15T08:00:00Zx", "2027-01-15 08:00:00Z", "+027-01-15T08:00:00Z",
          // No four digits hold these years.
          "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-00:01"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_time(text, "x"), Error);
    }
}

TEST_CASE("time: the system clock waits for the past not at all, and ends on a stop request") {
    SystemClock clock;
    std::stop_source source;
    CHECK(clock.wait_until(clock.now() - 1s, source.get_token()));
    CHECK(clock.wait_until(clock.now() + 1ms, source.get_token()));
    bool reached = true;
    std::jthread waiter([&](std::stop_token stop) { reached = clock.wait_until(clock.now() + 24h, stop); });
    waiter.request_stop();
    waiter.join();
    CHECK_FALSE(reached);
}

TEST_CASE("time: a wall clock that is set back does not prolong a wait") {
    const SystemClock clock;
    int calls = 0;
    const auto set_back = [&] { return clock.now() - (calls++ == 0 ? 0h : 48h); };
    CHECK(wait_by(set_back, clock.now() + 20ms, {}));
    CHECK(calls < 10);
}

TEST_CASE("time: the manual clock is moved by waiting") {
    signet::test::ManualClock clock;
    const Time start = clock.now();
    CHECK(clock.wait_until(start + 1h, {}));
    CHECK(clock.now() == start + 1h);
    CHECK(clock.waits() == std::vector<Duration>{1h});
    clock.advance(5min);
    CHECK(clock.now() == start + 65min);
}
