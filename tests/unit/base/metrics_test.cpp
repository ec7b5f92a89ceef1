#include "base/metrics.h"

#include <array>
#include <doctest/doctest.h>
#include <thread>
#include <vector>

using namespace signet;

TEST_CASE("metrics: a value on a bound counts below it, and buckets add up") {
    static constexpr std::array<std::uint64_t, 3> bounds{10, 100, 1000};
    base::Histogram histogram{bounds};
    for (const std::uint64_t value : {0u, 10u, 11u, 100u, 1000u, 1001u}) histogram.observe(value);
    base::MetricsText out;
    out.family("t_seconds", base::MetricsText::Type::histogram, "Times.");
    out.histogram({{"route", "/x"}}, histogram, 10);
    CHECK(out.text() ==
          "# HELP t_seconds Times.\n# TYPE t_seconds histogram\n"
          "t_seconds_bucket{route=\"/x\",le=\"1\"} 2\n"
          "t_seconds_bucket{route=\"/x\",le=\"10\"} 4\n"
          "t_seconds_bucket{route=\"/x\",le=\"100\"} 5\n"
          "t_seconds_bucket{route=\"/x\",le=\"+Inf\"} 6\n"
          "t_seconds_sum{route=\"/x\"} 212.2\n"
          "t_seconds_count{route=\"/x\"} 6\n");
}

TEST_CASE("metrics: samples without labels, values that are escaped") {
    base::MetricsText out;
    out.family("a_total", base::MetricsText::Type::counter, "A.");
    out.sample({}, std::uint64_t{7});
    out.sample({{"l", "a\"b\\c\nd"}}, std::uint64_t{8});
    CHECK(out.text() == "# HELP a_total A.\n# TYPE a_total counter\na_total 7\na_total{l=\"a\\\"b\\\\c\\nd\"} 8\n");
}

TEST_CASE("metrics: threads that meet a word first at the same time count on one counter") {
    base::CounterFamily family;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 1000; ++round) {
                family.at("word" + std::to_string(round % 10), "x").add();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    const auto rows = family.rows();
    REQUIRE(rows.size() == 10);
    CHECK(rows[0]->first == "word0");
    for (const auto* row : rows) CHECK(row->counter.value() == 800);
}
