// Readers beside a delivery, and deliveries that are killed.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <doctest/doctest.h>
#include <fstream>
#include <map>
#include <thread>

#include "bundles.h"

using namespace signet;
using base::Path;
using test::shows;
using test::TemporaryDirectory;

namespace {

constexpr int k_bundles = 4;
constexpr int k_swaps = 1'000;

struct Pairs {
    Pairs() {
        for (int i = 0; i < k_bundles; ++i) {
            bundles.push_back(maker.make());
            key_of[test::chain_text(bundles.back())] = bundles.back().key_pem.reveal();
        }
    }
    bool fit(const std::string& chain, const std::string& key) const {
        const auto found = key_of.find(chain);
        return found != key_of.end() && found->second == key;
    }
    test::BundleMaker maker;
    std::vector<deliver::Bundle> bundles;
    std::map<std::string, std::string> key_of;
};

bool fits_now(const Path& directory, const Pairs& pairs) {
    try {
        return pairs.fit(test::slurp(directory / "tls.crt"), test::slurp(directory / "tls.key"));
    } catch (const base::Error&) {
        return false;
    }
}

/// Runs `deliver` in a child up to its `calls`-th system call and kills it there. False when it ended before that.
bool killed_at(int calls, const std::function<void()>& deliver) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        try {
            deliver();
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    for (int stops = 0; stops < 2 * calls; ++stops) {  // one at the entry, one at the return of each call
        ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
        ::waitpid(child, &status, 0);
        if (WIFEXITED(status)) {
            CHECK(WEXITSTATUS(status) == 0);
            return false;
        }
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return true;
}

/// Kills a delivery of `next` at each of its system calls, from the state that `prepare` makes. `old` is what stood
/// there before, or null.
void kill_everywhere(const std::function<void(const Path&)>& prepare, const deliver::Bundle* old,
                     const deliver::Bundle& next) {
    int seen_old = 0, seen_next = 0;
    bool killed = true;
    for (int calls = 1; killed; ++calls) {
        CAPTURE(calls);
        const TemporaryDirectory directory(test::in_memory());
        const auto out = directory / "out";
        prepare(out);
        killed = killed_at(calls, [&] { deliver::deliver(out, next, {}, {}); });
        const auto found = deliver::installed(out);
        if (!found) {
            CHECK(old == nullptr);
        } else if (shows(out, next)) {
            ++seen_next;
        } else {
            REQUIRE(old != nullptr);
            CHECK(shows(out, *old));
            ++seen_old;
        }
        // And the next run is not disturbed by what is left.
        deliver::deliver(out, next, {}, {});
        CHECK(shows(out, next));
        CHECK(test::names_in(out) == std::vector<std::string>{".versions", "ca.crt", "tls.crt", "tls.key"});
        CHECK(test::names_in(out / ".versions").size() <= 3);
        REQUIRE(calls < 2'000);
    }
    CHECK(seen_next > 0);
    CHECK((seen_old > 0) == (old != nullptr));
}

}  // namespace

TEST_CASE("swap: killed at every system call, the old files or the new ones stand whole") {
    Pairs pairs;
    const auto& old = pairs.bundles[0];
    const auto& next = pairs.bundles[1];
    SUBCASE("the first delivery") {
        kill_everywhere([](const Path&) {}, nullptr, next);
    }
    SUBCASE("a renewal") {
        kill_everywhere([&](const Path& out) { deliver::deliver(out, old, {}, {}); }, &old, next);
    }
    SUBCASE("over plain files") {
        kill_everywhere(
            [&](const Path& out) {
                std::filesystem::create_directory(out);
                std::ofstream(out / "tls.crt") << test::chain_text(old);
                std::ofstream(out / "tls.key") << old.key_pem.reveal();
                std::ofstream(out / "ca.crt") << x509::encode_certificates(old.anchors);
            },
            &old, next);
    }
}

TEST_CASE("swap: a reader that tries again once always gets a pair that fits") {
    const TemporaryDirectory directory(test::in_memory());
    Pairs pairs;
    deliver::deliver(directory.path(), pairs.bundles[0], {}, {});
    std::atomic<bool> stop = false;
    std::atomic<int> begun = 0, ended = 0, misfits = 0;
    std::jthread reader([&] {
        const auto attempt = [&] {
            ++begun;
            const bool fits = fits_now(directory.path(), pairs);
            ++ended;
            return fits;
        };
        while (!stop) {
            if (!attempt() && !attempt()) ++misfits;
        }
    });
    for (int i = 1; i <= k_swaps; ++i) {
        deliver::deliver(directory.path(), pairs.bundles[static_cast<std::size_t>(i % k_bundles)], {}, {});
        // However slow this machine is, between two swaps there is time for one reading.
        for (const int at = begun; ended <= at;) std::this_thread::yield();
    }
    stop = true;
    reader.join();
    CHECK(misfits == 0);
    CHECK(ended > k_swaps);
}

TEST_CASE("swap: a reader that resolves the directory once needs no second try") {
    const TemporaryDirectory directory(test::in_memory());
    Pairs pairs;
    deliver::deliver(directory.path(), pairs.bundles[0], {}, {});
    std::atomic<bool> stop = false;
    std::atomic<int> begun = 0, ended = 0, failures = 0;
    std::jthread reader([&] {
        while (!stop) {
            ++begun;
            failures += !fits_now(std::filesystem::canonical(directory / ".versions/live"), pairs);
            ++ended;
        }
    });
    for (int i = 1; i <= k_swaps / 4; ++i) {
        deliver::deliver(directory.path(), pairs.bundles[static_cast<std::size_t>(i % k_bundles)], {}, {});
        for (const int at = begun; ended < at;) std::this_thread::yield();
    }
    stop = true;
    reader.join();
    CHECK(failures == 0);
}
