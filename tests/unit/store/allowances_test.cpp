#include "store/allowances.h"

#include <doctest/doctest.h>

#include "rows.h"
#include "store/sweep.h"
#include "support/temporary_store.h"

using namespace signet;
using store::Transaction;

namespace {

constexpr std::int64_t k_second = 1'000'000;
constexpr store::Allowance k_three{3, 60 * k_second};

std::int64_t take(test::TemporaryStore& store, const char* subject, std::int64_t now,
                  const store::Allowance& allowance = k_three) {
    std::int64_t wait = 0;
    store->write([&](Transaction& t) { wait = store::take_allowance(t, subject, allowance, now); });
    return wait;
}

}  // namespace

TEST_CASE("allowances: so many at once, then one each time that its share of the duration is over") {
    test::TemporaryStore store;
    const std::int64_t now = 1'000 * k_second;
    for (int i = 0; i < 3; ++i) CHECK(take(store, "a", now) == 0);
    CHECK(take(store, "a", now) == 20 * k_second);
    CHECK(take(store, "b", now) == 0);  // another one's
    CHECK(take(store, "a", now + 20 * k_second - 1) == 1);
    CHECK(take(store, "a", now + 20 * k_second) == 0);
    CHECK(take(store, "a", now + 20 * k_second) == 20 * k_second);
    for (int i = 0; i < 3; ++i) CHECK(take(store, "a", now + 200 * k_second) == 0);  // no more than whole
    CHECK(take(store, "a", now + 200 * k_second) > 0);
}

TEST_CASE("allowances: looking takes nothing, a reopened store remembers") {
    test::TemporaryStore store;
    for (int i = 0; i < 3; ++i) take(store, "a", k_second);
    store.reopen();
    store->read([](Transaction& t) {
        CHECK(store::look_at_allowance(t, "a", k_three, k_second) == 20 * k_second);
        CHECK(store::look_at_allowance(t, "b", k_three, k_second) == 0);
    });
}

TEST_CASE("allowances: neither a clock set back nor a tighter limit shuts out for longer than the limit says") {
    test::TemporaryStore store;
    for (int i = 0; i < 3; ++i) take(store, "a", 9'000'000 * k_second);
    CHECK(take(store, "a", k_second) == 20 * k_second);
    const store::Allowance wide{1000, 1000 * k_second};
    for (int i = 0; i < 1000; ++i) take(store, "b", k_second, wide);
    CHECK(take(store, "b", k_second) == 20 * k_second);
}

TEST_CASE("allowances: who is whole again is forgotten") {
    test::TemporaryStore store;
    take(store, "a", k_second);
    take(store, "b", 30 * k_second);
    const auto sweep = [&](std::int64_t now) { store->write([&](Transaction& t) { store::sweep(t, now, 10); }); };
    sweep(20);
    CHECK(test::count_rows(*store, "allowances") == 2);
    sweep(21);
    CHECK(test::count_rows(*store, "allowances") == 1);
    sweep(50);
    CHECK(test::count_rows(*store, "allowances") == 0);
}
