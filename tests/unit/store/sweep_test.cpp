#include "store/sweep.h"

#include <doctest/doctest.h>

#include "rows.h"
#include "store/audit.h"
#include "store/certificates.h"
#include "store/crls.h"
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

TEST_CASE(
    "sweep: ended certificates go in small steps with their names; CAs, what is saved and what a CRL has to name "
    "stay") {
    test::TemporaryStore store;
    store->write([](Transaction& t) {
        for (int i = 0; i < 10; ++i)
            store::insert_certificate(t, test::sample_certificate("0" + std::to_string(i), 1'000 + i));
        auto root = test::sample_certificate("aa", 1);
        root.profile = "root";
        store::insert_certificate(t, root);
        store::insert_certificate(t, test::sample_certificate("bb", 1));
        store::save_lineage(t, {"/etc/tls", "bb", "default", "default", {}, "{}"});
        store::insert_certificate(t, test::sample_certificate("cc", 1));
        store::revoke_certificate(t, "cc", {500, 1, 500});
        store::AuditRecord entry{};
        entry.action = "certificate.issued";
        entry.serial = "00";
        store::append_audit(t, entry);
    });
    const auto step = [&](std::int64_t before, int limit) {
        int removed = 0;
        store->write([&](Transaction& t) { removed = store::sweep_certificates(t, before, limit); });
        return removed;
    };
    CHECK(step(1'000, 100) == 0);
    CHECK(step(1'008, 3) == 3);
    CHECK(step(1'008, 100) == 5);
    CHECK(test::count_rows(*store, "certificates") == 5);
    CHECK(test::count_rows(*store, "certificate_names") == 10);
    CHECK_FALSE(store->query([](Transaction& t) { return store::find_certificate(t, "07"); }));
    for (const auto* kept : {"08", "09", "aa", "bb", "cc"}) {
        CAPTURE(kept);
        CHECK(store->query([&](Transaction& t) { return store::find_certificate(t, kept); }));
    }
    // What is revoked goes once a CRL has named it after its end.
    store->write([](Transaction& t) { store::save_crl_times(t, "00112233", 900, 2'000); });
    CHECK(step(1'008, 100) == 1);
    CHECK_FALSE(store->query([](Transaction& t) { return store::find_certificate(t, "cc"); }));
    CHECK(test::count_rows(*store, "audit") == 1);
}
