#include "store/orders.h"

#include <doctest/doctest.h>
#include <set>

#include "rows.h"
#include "support/temporary_store.h"

using namespace signet;
using store::OrderStatus;
using store::Transaction;
using test::TemporaryStore;

namespace {

void insert(store::Store& store, const store::OrderRecord& order) {
    store.write([&](Transaction& t) { store::insert_order(t, order); });
}

void prepare(store::Store& store) {
    store.write([](Transaction& t) {
        store::insert_account(t, test::sample_account());
        store::insert_authorization(t, test::sample_authorization("z1", "a.internal"));
        store::insert_authorization(t, test::sample_authorization("z2", "10.0.0.7"));
    });
}

}  // namespace

TEST_CASE("orders: an order comes back with its identifiers and authorizations in order") {
    TemporaryStore store;
    prepare(*store);
    auto order = test::sample_order("o1", {{"10.0.0.7", "z2"}, {"a.internal", "z1"}});
    order.not_after = 77;
    insert(*store, order);
    const auto found = store->query([](Transaction& t) { return store::find_order(t, "o1"); });
    REQUIRE(found);
    CHECK(found->account == "acct1");
    CHECK(found->status == OrderStatus::pending);
    CHECK(found->identifiers == order.identifiers);
    CHECK(found->authorizations == order.authorizations);
    CHECK_FALSE(found->not_before);
    CHECK(found->not_after == 77);
    CHECK_FALSE(found->certificate);
    CHECK_FALSE(found->error);
    CHECK_FALSE(store->query([](Transaction& t) { return store::find_order(t, "o2"); }));
}

TEST_CASE("orders: every pair of states, from every state") {
    const std::set<std::pair<OrderStatus, OrderStatus>> steps = {
        {OrderStatus::pending, OrderStatus::ready},     {OrderStatus::pending, OrderStatus::invalid},
        {OrderStatus::ready, OrderStatus::processing},  {OrderStatus::ready, OrderStatus::valid},
        {OrderStatus::ready, OrderStatus::invalid},     {OrderStatus::processing, OrderStatus::valid},
        {OrderStatus::processing, OrderStatus::invalid}};
    TemporaryStore store;
    prepare(*store);
    int number = 0;
    for (const auto actual : test::k_order_states) {
        for (const auto from : test::k_order_states) {
            for (const auto to : test::k_order_states) {
                const auto id = "o" + std::to_string(++number);
                CAPTURE(static_cast<int>(actual));
                CAPTURE(static_cast<int>(from));
                CAPTURE(static_cast<int>(to));
                insert(*store, test::sample_order(id, {{"a.internal", "z1"}}, actual));
                bool moved = false;
                const auto kind = test::kind_of(
                    [&] { store->write([&](Transaction& t) { moved = store::move_order(t, id, from, to); }); });
                const bool step = steps.contains({from, to});
                CHECK(kind.has_value() != step);
                CHECK(moved == (step && actual == from));
                CHECK(test::status_of_order(*store, id) == (moved ? to : actual));
            }
        }
    }
}

TEST_CASE("orders: only a ready order gets a certificate, only a pending or ready one fails") {
    TemporaryStore store;
    prepare(*store);
    int number = 0;
    for (const auto actual : test::k_order_states) {
        CAPTURE(static_cast<int>(actual));
        const auto a = "o" + std::to_string(++number), b = "o" + std::to_string(++number);
        insert(*store, test::sample_order(a, {{"a.internal", "z1"}}, actual));
        insert(*store, test::sample_order(b, {{"a.internal", "z1"}}, actual));
        bool completed = false, failed = false;
        store->write([&](Transaction& t) { completed = store::complete_order(t, a, "0a"); });
        store->write([&](Transaction& t) { failed = store::fail_order(t, b, "{}"); });
        const auto order = store->query([&](Transaction& t) { return store::find_order(t, a).value(); });
        const auto broken = store->query([&](Transaction& t) { return store::find_order(t, b).value(); });
        CHECK(completed == (actual == OrderStatus::ready));
        CHECK(order.status == (completed ? OrderStatus::valid : actual));
        CHECK(order.certificate.has_value() == completed);
        CHECK(failed == (actual == OrderStatus::ready || actual == OrderStatus::pending));
        CHECK(broken.status == (failed ? OrderStatus::invalid : actual));
        CHECK(broken.error.has_value() == failed);
    }
}

TEST_CASE("orders: a list goes newest first in pages, without invalid ones") {
    TemporaryStore store;
    prepare(*store);
    for (int i = 0; i < 7; ++i) {
        insert(*store, test::sample_order("o" + std::to_string(i), {{"a.internal", "z1"}},
                                          i == 3 ? OrderStatus::invalid : OrderStatus::pending, 1'000 + i / 2));
    }
    std::vector<std::string> all;
    std::string cursor;
    for (int page = 0; page < 10; ++page) {
        const auto ids = store->query([&](Transaction& t) { return store::list_orders(t, "acct1", cursor, 2); });
        if (ids.empty()) break;
        CHECK(ids.size() <= 2);
        all.insert(all.end(), ids.begin(), ids.end());
        cursor = ids.back();
    }
    CHECK(all == std::vector<std::string>{"o6", "o5", "o4", "o2", "o1", "o0"});
    CHECK(store->query([](Transaction& t) { return store::list_orders(t, "acct2", "", 10); }).empty());
    CHECK(store->query([](Transaction& t) { return store::list_orders(t, "acct1", "swept", 10); }).empty());
}
