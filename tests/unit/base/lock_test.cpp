#include "base/lock.h"

#include <unistd.h>

#include <atomic>
#include <doctest/doctest.h>
#include <thread>
#include <vector>

#include "base/error.h"
#include "support/temporary_directory.h"

using namespace signet::base;

TEST_CASE("lock: held by one, also among threads of one process, and free again when it dies") {
    const signet::test::TemporaryDirectory directory;
    const Path path = directory / "lock";
    {
        const FileLock held = FileLock::acquire(path);
        CHECK_FALSE(FileLock::try_acquire(path));
        bool taken = true;
        std::thread([&] { taken = FileLock::try_acquire(path).has_value(); }).join();
        CHECK_FALSE(taken);
    }
    CHECK(FileLock::try_acquire(path));
    CHECK(file_facts(path)->mode == 0600);
}

TEST_CASE("lock: who waits in vain learns who holds it") {
    const signet::test::TemporaryDirectory directory;
    const FileLock held = FileLock::acquire(directory / "lock");
    try {
        FileLock::acquire(directory / "lock", std::chrono::milliseconds(5));
        FAIL("taken twice");
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::store_busy);
        CHECK(error.message() == (directory / "lock").string() + " is locked by process " + std::to_string(::getpid()));
    }
}

TEST_CASE("lock: many threads, one at a time") {
    const signet::test::TemporaryDirectory directory;
    int counter = 0;
    std::atomic<int> inside = 0;
    std::atomic<bool> alone = true;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            const FileLock held = FileLock::acquire(directory / "lock", std::chrono::minutes(5));
            if (++inside != 1) alone = false;
            ++counter;
            --inside;
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(alone);
    CHECK(counter == 8);
}
