#include "inspect/expiry.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace signet;
using inspect::Health;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

const base::Time k_now = base::from_unix(1'800'000'000);

Health at(base::Duration lifetime, base::Duration left, const inspect::WantedLimits& wanted = {}) {
    const inspect::Span span{k_now + left - lifetime + seconds(1), k_now + left};
    return inspect::judge(span, inspect::limits_for(span.lifetime(), wanted), k_now);
}

}  // namespace

TEST_CASE("expiry: the usual limits are 30 and 7 days, or shares of a short lifetime") {
    struct Row {
        base::Duration lifetime, left;
        Health health;
    };
    const Row rows[] = {
        {days(365), days(31), Health::ok},
        {days(365), days(30), Health::ok},  // not less
        {days(365), days(30) - seconds(1), Health::warning},
        {days(365), days(7), Health::warning},
        {days(365), days(7) - seconds(1), Health::critical},
        {days(90), days(29), Health::warning},
        {days(89), days(29), Health::ok},
        {hours(24), hours(6), Health::ok},
        {hours(24), hours(6) - seconds(1), Health::warning},
        {hours(24), hours(2), Health::critical},
        {hours(24), seconds(0), Health::critical},  // the last second counts
        {hours(24), seconds(-1), Health::expired},
    };
    for (const auto& row : rows) {
        CAPTURE(row.lifetime.count());
        CAPTURE(row.left.count());
        CHECK(at(row.lifetime, row.left) == row.health);
    }
}

TEST_CASE("expiry: limits given are absolute, and move the other one out of the way") {
    CHECK(at(hours(24), hours(20), {.warn = hours(21), .crit = {}}) == Health::warning);
    CHECK(at(days(365), days(6), {.warn = days(5), .crit = {}}) == Health::ok);
    CHECK(at(days(365), days(4), {.warn = days(5), .crit = {}}) == Health::critical);  // 7 days, cut to the 5
    CHECK(at(days(365), days(39), {.warn = {}, .crit = days(40)}) == Health::critical);
    CHECK(at(days(365), days(39), {.warn = days(60), .crit = days(20)}) == Health::warning);
    CHECK_THROWS_AS(inspect::limits_for(days(365), {.warn = days(3), .crit = days(4)}), base::Error);
}

TEST_CASE("expiry: what is not valid yet is critical") {
    const inspect::Span span{k_now + seconds(1), k_now + days(365)};
    CHECK(inspect::judge(span, inspect::limits_for(span.lifetime(), {}), k_now) == Health::critical);
}

TEST_CASE("expiry: the worst of several, as plugins say it") {
    using enum Health;
    const Health order[] = {ok, unknown, warning, critical, expired};
    for (std::size_t a = 0; a < std::size(order); ++a)
        for (std::size_t b = 0; b < std::size(order); ++b)
            CHECK(inspect::worse(order[a], order[b]) == order[std::max(a, b)]);
    CHECK(inspect::plugin_code(ok) == 0);
    CHECK(inspect::plugin_code(warning) == 1);
    CHECK(inspect::plugin_code(critical) == 2);
    CHECK(inspect::plugin_code(expired) == 2);
    CHECK(inspect::plugin_code(unknown) == 3);
}
