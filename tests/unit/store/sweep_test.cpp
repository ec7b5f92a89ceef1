#include "store/sweep.h"

#include <doctest/doctest.h>

#include "rows.h"
#include "store/certificates.h"
#include "support/temporary_store.h"

using namespace signet;
using store::Transaction;

TEST_CASE("sweep: ended orders go in small steps, their authorizations after them, certificates never") {
    test::TemporaryStore store;
    store->write([](Transaction& t) {
        store::insert_account(t, test::sample_account());
        store::insert_certificate(t, test::sample_certificate("0a", 1));
        for (int i = 0; i < 10; ++i) {
            const auto id = std::to_string(i);
            store::insert_authorization(t, test::sample_authorization("z" + id, "a.internal"));  // end at 9,000
            store::insert_order(t, test::sample_order("o" + id, {{"a.internal", "z" + id}}));    // end at 9,000
        }
        store::insert_order(t, test::sample_order("long", {{"a.internal", "z0"}}, store::OrderStatus::pending, 5'000));
    });
    const auto step = [&](std::int64_t now, int limit) {
        int removed = 0;
        store->write([&](Transaction& t) { removed = store::sweep(t, now, limit); });
        return removed;
    };
    CHECK(step(9'000, 100) == 0);  // the last second still counts
    CHECK(step(9'001, 4) >= 4);
    CHECK(test::count_rows(*store, "orders") == 7);
    for (int i = 0; i < 10; ++i) step(9'001, 4);
    CHECK(test::count_rows(*store, "orders") == 1);
    CHECK(test::count_rows(*store, "authorizations") == 1);  // z0, which "long" still names
    CHECK(test::count_rows(*store, "order_identifiers") == 1);
    CHECK(test::count_rows(*store, "challenges") == 2);
    for (int i = 0; i < 3; ++i) step(20'000, 4);
    for (const auto* table : {"orders", "authorizations", "order_identifiers", "challenges"})
        CHECK(test::count_rows(*store, table) == 0);
    CHECK(test::count_rows(*store, "certificates") == 1);
    CHECK(test::count_rows(*store, "accounts") == 1);
}
