#include "store/writer.h"

#include <atomic>
#include <doctest/doctest.h>
#include <latch>
#include <thread>

#include "rows.h"
#include "store/certificates.h"
#include "store/meta.h"
#include "store/sqlite.h"
#include "support/temporary_store.h"

using namespace signet;
using store::Transaction;
using test::TemporaryStore;

namespace {

using Plan = std::vector<std::optional<base::Kind>>;

/// The real driver, but for its commits: `plan` says what the next ones throw, or that they are well.
class BrokenCommits final : public store::Database {
public:
    BrokenCommits(std::unique_ptr<store::Database> inner, Plan& plan) : inner_(std::move(inner)), plan_(plan) {}
    std::unique_ptr<store::Statement> prepare(std::string_view sql) override { return inner_->prepare(sql); }
    void begin(bool write) override { inner_->begin(write); }
    void commit() override {
        if (plan_.empty()) return inner_->commit();
        const auto kind = plan_.front();
        plan_.erase(plan_.begin());
        if (!kind) return inner_->commit();
        throw base::Error{*kind, "the commit failed"};
    }
    void rollback() noexcept override { inner_->rollback(); }
    std::int64_t changes() override { return inner_->changes(); }
    std::vector<std::string> tables() override { return inner_->tables(); }
    const store::Dialect& dialect() const override { return inner_->dialect(); }

private:
    std::unique_ptr<store::Database> inner_;
    Plan& plan_;
};

void put(Transaction& transaction, const std::string& name) { store::put_meta(transaction, name, base::bytes_of("x")); }

bool has(store::Store& store, const std::string& name) {
    return store.query([&](Transaction& t) { return store::get_meta(t, name).has_value(); });
}

}  // namespace

TEST_CASE("writer: 64 threads, each sees its own row and no other's error") {
    TemporaryStore store;
    std::atomic<int> missing = 0, wrong = 0;
    {
        std::vector<std::jthread> threads;
        std::latch together(64);
        for (int thread = 0; thread < 64; ++thread) {
            threads.emplace_back([&, thread] {
                together.arrive_and_wait();
                for (int n = 0; n < 10; ++n) {
                    const auto serial = std::to_string(thread) + "-" + std::to_string(n);
                    const bool fails = (thread + n) % 5 == 0;
                    const auto kind = test::kind_of([&] {
                        store->write([&](Transaction& t) {
                            store::insert_certificate(t, test::sample_certificate(serial));
                            if (fails) throw base::Error{base::Kind::refused, serial};
                        });
                    });
                    wrong += kind != (fails ? std::optional(base::Kind::refused) : std::nullopt);
                    const bool there =
                        store->query([&](Transaction& t) { return store::find_certificate(t, serial).has_value(); });
                    missing += there == fails;
                }
            });
        }
    }
    CHECK(wrong == 0);
    CHECK(missing == 0);
    CHECK(test::count_rows(*store, "certificates") == 640 - 128);
    CHECK(test::integrity(*store) == "ok");
}

TEST_CASE("writer: what a closure throws reaches its caller as it is, with its changes undone") {
    TemporaryStore store;
    struct Odd {};
    CHECK_THROWS_AS(store->write([](Transaction& t) {
        put(t, "a");
        throw Odd{};
    }),
                    Odd);
    CHECK(test::kind_of([&] { store->write([](Transaction& t) { t.run("INSERT INTO nowhere VALUES (1)"); }); }) ==
          base::Kind::internal);
    CHECK_FALSE(has(*store, "a"));
    store->write([](Transaction& t) { put(t, "b"); });
    CHECK(has(*store, "b"));
}

TEST_CASE("writer: a constraint violation undoes its closure alone") {
    TemporaryStore store;
    CHECK(test::kind_of([&] {
              store->write([](Transaction& t) {
                  put(t, "a");
                  store::insert_order(t, test::sample_order("o1", {}));  // there is no such account
              });
          }) == base::Kind::internal);
    CHECK_FALSE(has(*store, "a"));
}

TEST_CASE("writer: a commit that meets a conflict is run again, closures and all") {
    TemporaryStore store;
    Plan plan;
    store::Writer writer(
        std::make_unique<BrokenCommits>(store::open_sqlite(store->layout().database(), store::Access::write), plan));
    int runs = 0;
    plan = {base::Kind::store_busy};
    writer.write([&](Transaction& t) {
        ++runs;
        put(t, "a");
    });
    CHECK(runs == 2);
    CHECK(has(*store, "a"));
}

TEST_CASE("writer: any other failure of a commit goes to every caller, and the next write is well") {
    for (const Plan& plan_of_round : {Plan{base::Kind::disk}, Plan(3, base::Kind::store_busy)}) {
        TemporaryStore store;
        auto plan = plan_of_round;
        store::Writer writer(std::make_unique<BrokenCommits>(
            store::open_sqlite(store->layout().database(), store::Access::write), plan));
        CHECK(test::kind_of([&] { writer.write([](Transaction& t) { put(t, "a"); }); }) == plan_of_round.front());
        CHECK_FALSE(has(*store, "a"));
        writer.write([](Transaction& t) { put(t, "b"); });
        CHECK(has(*store, "b"));
    }
}

TEST_CASE("writer: a shared commit that fails fails those who shared it, and nobody else") {
    TemporaryStore store;
    Plan plan = {std::nullopt, base::Kind::disk};
    store::Writer writer(
        std::make_unique<BrokenCommits>(store::open_sqlite(store->layout().database(), store::Access::write), plan));
    std::latch started(1), go(1);
    std::atomic<int> wrong = 0, failures = 0;
    std::vector<std::jthread> threads;
    // The first leads until it is let go. The second commit, which breaks, is that of whoever waits behind it by then.
    threads.emplace_back([&] {
        writer.write([&](Transaction& t) {
            put(t, "first");
            started.count_down();
            go.wait();
        });
    });
    started.wait();
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, name = std::to_string(i)] {
            const auto kind = test::kind_of([&] { writer.write([&](Transaction& t) { put(t, name); }); });
            failures += kind.has_value();
            wrong += kind.value_or(base::Kind::disk) != base::Kind::disk || has(*store, name) == kind.has_value();
        });
    }
    go.count_down();
    threads.clear();
    CHECK(has(*store, "first"));
    CHECK(wrong == 0);
    CHECK(failures >= 1);
}
