#include "store/tokens.h"

#include <atomic>
#include <doctest/doctest.h>
#include <thread>

#include "rows.h"
#include "store/accounts.h"
#include "support/temporary_store.h"

using namespace signet;
using store::Transaction;
using test::TemporaryStore;

namespace {

store::TokenRecord sample_token(const std::string& kid = "k1") {
    store::TokenRecord token{};
    token.kid = kid;
    token.mac_key = base::Bytes(32, 1);
    token.profile = "default";
    token.dns = {"**.a.internal", "b.internal"};
    token.uri = {"spiffe://mesh/**"};
    token.uses = 2;
    token.expires_at = 2'000;
    token.created_at = 1'000;
    return token;
}

void put(TemporaryStore& store, const store::TokenRecord& token) {
    store->write([&](Transaction& t) { store::insert_token(t, token); });
}

bool use(TemporaryStore& store, std::int64_t now, const std::string& kid = "k1") {
    bool used = false;
    store->write([&](Transaction& t) { used = store::use_token(t, kid, now); });
    return used;
}

store::TokenRecord read(TemporaryStore& store, const std::string& kid = "k1") {
    return store->query([&](Transaction& t) { return store::find_token(t, kid); }).value();
}

}  // namespace

TEST_CASE("tokens: a row comes back whole after the store was closed") {
    TemporaryStore store;
    put(store, sample_token());
    auto open = sample_token("k2");
    open.uses.reset();
    open.expires_at.reset();
    put(store, open);
    store.reopen();
    const auto found = read(store);
    CHECK(found.mac_key == base::Bytes(32, 1));
    CHECK(found.profile == "default");
    CHECK(found.dns == sample_token().dns);
    CHECK(found.ip.empty());
    CHECK(found.uri == sample_token().uri);
    CHECK(found.uses == 2);
    CHECK(found.bound == 0);
    CHECK(found.expires_at == 2'000);
    CHECK_FALSE(found.revoked_at);
    CHECK(found.created_at == 1'000);
    CHECK_FALSE(read(store, "k2").uses);
    CHECK_FALSE(read(store, "k2").expires_at);
    CHECK(store->query([](Transaction& t) { return store::list_tokens(t); }).size() == 2);
    CHECK_FALSE(store->query([](Transaction& t) { return store::find_token(t, "k3"); }));
}

TEST_CASE("tokens: as many accounts as it has uses, and none after its end") {
    TemporaryStore store;
    put(store, sample_token());
    CHECK_FALSE(use(store, 2'000));
    CHECK(use(store, 1'999));
    CHECK(use(store, 1'500));
    CHECK_FALSE(use(store, 1'500));
    CHECK(read(store).bound == 2);
    CHECK_FALSE(use(store, 1'500, "k2"));
}

TEST_CASE("tokens: of many at once, one gets the last use") {
    TemporaryStore store;
    auto token = sample_token();
    token.uses = 1;
    put(store, token);
    std::atomic<int> through = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([&] { through += use(store, 1'500) ? 1 : 0; });
    }
    for (auto& thread : threads) thread.join();
    CHECK(through == 1);
    CHECK(read(store).bound == 1);
}

TEST_CASE("tokens: a use is undone with the transaction that it was part of") {
    TemporaryStore store;
    put(store, sample_token());
    CHECK_THROWS(store->write([](Transaction& t) {
        store::use_token(t, "k1", 1'500);
        throw base::Error{base::Kind::refused, "no"};
    }));
    CHECK(read(store).bound == 0);
}

TEST_CASE("tokens: revoking one stops its accounts and their open orders, and nobody else's") {
    TemporaryStore store;
    put(store, sample_token());
    store->write([](Transaction& t) {
        for (const char* id : {"bound", "gone", "free"}) {
            auto account = test::sample_account(id);
            if (account.id != "free") account.token = "k1";
            if (account.id == "gone") account.status = store::AccountStatus::deactivated;
            account.binding = "{}";
            store::insert_account(t, account);
            auto authorization = test::sample_authorization(std::string("z-") + id, "a.internal");
            authorization.account = id;
            store::insert_authorization(t, authorization);
            auto order = test::sample_order(std::string("o-") + id, {{"a.internal", std::string("z-") + id}});
            order.account = id;
            store::insert_order(t, order);
        }
    });
    std::optional<std::int64_t> stopped;
    const auto revoke = [&] {
        store->write([&](Transaction& t) { stopped = store::revoke_token(t, "k1", 1'600, R"({"detail":"over"})"); });
    };
    revoke();
    CHECK(stopped == 1);
    CHECK(read(store).revoked_at == 1'600);
    CHECK_FALSE(use(store, 1'700));
    store->read([](Transaction& t) {
        const auto bound = store::find_account(t, "bound").value();
        CHECK(bound.status == store::AccountStatus::revoked);
        CHECK(bound.version == 1);
        CHECK(bound.token == "k1");
        CHECK(bound.binding == "{}");
        CHECK(store::find_account(t, "gone")->status == store::AccountStatus::deactivated);
        CHECK(store::find_account(t, "free")->status == store::AccountStatus::valid);
        CHECK_FALSE(store::find_account(t, "free")->token);
        CHECK(store::find_order(t, "o-bound")->status == store::OrderStatus::invalid);
        CHECK(store::find_order(t, "o-bound")->error == R"({"detail":"over"})");
        CHECK(store::find_order(t, "o-free")->status != store::OrderStatus::invalid);
    });
    revoke();
    CHECK_FALSE(stopped);
    CHECK(read(store).revoked_at == 1'600);
}
