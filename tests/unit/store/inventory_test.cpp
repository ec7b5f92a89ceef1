#include "store/inventory.h"

#include <doctest/doctest.h>
#include <set>

#include "rows.h"
#include "store/certificates.h"
#include "support/temporary_store.h"

using namespace signet;
using store::Inventory;
using store::InventoryFilter;
using store::Transaction;

namespace {

/// A hundred rows: serials "000" to "099", ends at 1,000 to 1,099 in turn, two names each.
void fill(test::TemporaryStore& store) {
    store->write([](Transaction& t) {
        for (int i = 0; i < 100; ++i) {
            auto record = test::sample_certificate((i < 10 ? "00" : "0") + std::to_string(i), 1'000 + i * 37 % 100);
            record.names = {"w" + std::to_string(i % 10) + ".a.internal", "w" + std::to_string(i) + ".b.internal"};
            record.authority = i % 2 == 0 ? "default" : "mesh";
            record.profile = i % 3 == 0 ? "server" : "default";
            if (i % 4 == 0) record.account = "acct" + std::to_string(i % 8);
            if (i % 5 == 0) record.revoked_at = 5'000 - i;
            store::insert_certificate(t, record);
        }
    });
}

std::vector<store::CertificateRecord> all(test::TemporaryStore& store, const InventoryFilter& filter, int step) {
    Inventory inventory(filter);
    std::vector<store::CertificateRecord> found;
    while (!inventory.at_end()) {
        const auto part = store->query([&](Transaction& t) { return inventory.next(t, step); });
        CHECK(static_cast<int>(part.size()) <= step);
        found.insert(found.end(), part.begin(), part.end());
    }
    std::set<std::string> serials;
    for (const auto& record : found) CHECK(serials.insert(record.serial).second);
    return found;
}

}  // namespace

TEST_CASE("inventory: every row once, the newest first, whatever the step") {
    test::TemporaryStore store;
    fill(store);
    for (const int step : {1, 7, 100, 1000}) {
        CAPTURE(step);
        const auto found = all(store, {}, step);
        REQUIRE(found.size() == 100);
        CHECK(found.front().serial == "099");
        CHECK(found.back().serial == "000");
        CHECK(found.back().names == std::vector<std::string>{"w0.a.internal", "w0.b.internal"});
        CHECK(found.back().der.empty());
    }
}

TEST_CASE("inventory: conditions add up, in each order") {
    test::TemporaryStore store;
    fill(store);
    struct Row {
        const char* name;
        InventoryFilter filter;
        std::size_t count;
    };
    const auto below_a = store::dns_names_below("a.internal");
    const auto w3 = [](std::string_view name) { return name == "w3.a.internal"; };
    const Row rows[] = {
        {"authority", {.authority = "mesh"}, 50},
        {"profile", {.profile = "server"}, 34},
        {"both", {.authority = "mesh", .profile = "server"}, 17},
        {"account", {.account = "acct4"}, 12},
        {"account and profile", {.profile = "server", .account = "acct4"}, 4},
        {"revoked", {.revoked = true}, 20},
        {"revoked of an authority", {.authority = "default", .revoked = true}, 10},
        {"ending", {.ending = {{1'010, 1'020}}}, 8},
        {"names", {.names = below_a}, 100},
        {"names and what matches", {.names = below_a, .name_matches = w3}, 10},
        {"names of an account", {.account = "acct0", .names = below_a}, 13},
        {"two names in the range", {.names = store::dns_names_below("internal")}, 100},
        {"names revoked", {.names = below_a, .revoked = true}, 20},
        {"nothing", {.names = store::exactly_name("x.internal")}, 0},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        for (const int step : {1, 3, 64}) CHECK(all(store, row.filter, step).size() == row.count);
    }
}

TEST_CASE("inventory: each order is what it says") {
    test::TemporaryStore store;
    fill(store);
    const auto revoked = all(store, {.revoked = true}, 3);
    for (std::size_t i = 1; i < revoked.size(); ++i) CHECK(*revoked[i - 1].revoked_at >= *revoked[i].revoked_at);
    const auto ending = all(store, {.ending = {{1'000, 2'000}}}, 3);
    CHECK(ending.size() == 80);
    for (std::size_t i = 1; i < ending.size(); ++i) CHECK(ending[i - 1].not_after <= ending[i].not_after);
    const auto named = all(store, {.names = store::exactly_name("w3.a.internal")}, 3);
    REQUIRE(named.size() == 10);
    for (std::size_t i = 1; i < named.size(); ++i) CHECK(named[i - 1].serial > named[i].serial);
}

TEST_CASE("inventory: a fingerprint finds its certificate") {
    test::TemporaryStore store;
    store->write([](Transaction& t) {
        for (const auto* end : {"1", "2"}) {
            auto record = test::sample_certificate(std::string("0") + end);
            record.fingerprint = std::string(63, 'a') + end;
            store::insert_certificate(t, record);
        }
    });
    const auto find = [&](const std::string& text) {
        return store->query([&](Transaction& t) { return store::find_by_fingerprint(t, text); });
    };
    CHECK(find(std::string(63, 'a') + "2").value().serial == "02");
    CHECK_FALSE(find(std::string(63, 'a') + "3"));
    CHECK_FALSE(find(""));
}
