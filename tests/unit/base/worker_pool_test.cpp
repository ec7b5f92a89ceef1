#include "base/worker_pool.h"

#include <atomic>
#include <doctest/doctest.h>
#include <future>
#include <stdexcept>

using signet::base::WorkerPool;

TEST_CASE("worker pool: runs what is queued before it ends") {
    std::atomic<int> done = 0;
    {
        WorkerPool pool(3, 100);
        for (int i = 0; i < 100; ++i) {
            while (!pool.submit([&] { ++done; })) std::this_thread::yield();
        }
    }
    CHECK(done == 100);
}

TEST_CASE("worker pool: refuses what does not fit, and everything once stopped") {
    std::promise<void> started, release;
    WorkerPool pool(1, 1);
    auto wait = release.get_future();
    REQUIRE(pool.submit([&] {
        started.set_value();
        wait.wait();
    }));
    started.get_future().wait();
    CHECK(pool.submit([] {}));
    CHECK_FALSE(pool.submit([] {}));
    release.set_value();
    pool.stop();
    CHECK_FALSE(pool.submit([] {}));
    pool.stop();
}

TEST_CASE("worker pool: a task that throws takes no thread with it") {
    std::atomic<bool> ran = false;
    WorkerPool pool(1, 10);
    pool.submit([] { throw std::runtime_error("expected by the test"); });
    pool.submit([&] { ran = true; });
    pool.stop();
    CHECK(ran);
}
