// Several processes on one store, processes that die, disks that fill up.
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <doctest/doctest.h>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "rows.h"
#include "store/certificates.h"
#include "store/meta.h"
#include "support/child_process.h"
#include "support/temporary_store.h"

using namespace signet;
using store::Store;
using store::Transaction;
using test::TemporaryStore;

namespace {

void write_serial(Store& store, const std::string& serial) {
    store.write([&](Transaction& t) { store::insert_certificate(t, test::sample_certificate(serial)); });
}

/// Whole lines read from a pipe.
std::vector<std::string> drain(int fd) {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    std::vector<std::string> lines;
    std::size_t start = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
        lines.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return lines;
}

/// Writes rows from four threads until it is killed, and says each serial once its write has returned.
void write_until_killed(const base::Path& root, const std::string& prefix, int pipe) {
    const auto store = Store::open(root);
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
            for (int n = 0;; ++n) {
                const auto serial = prefix + "-" + std::to_string(thread) + "-" + std::to_string(n);
                write_serial(*store, serial);
                const auto line = serial + "\n";
                if (::write(pipe, line.data(), line.size()) < 0) return;
            }
        });
    }
}

class SmallDisk {
public:
    explicit SmallDisk(const std::string& size)
        : mounted_(::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0) {}
    ~SmallDisk() {
        if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
    }
    bool mounted() const { return mounted_; }
    base::Path root() const { return directory_ / "store"; }

private:
    test::TemporaryDirectory directory_;
    bool mounted_;
};

}  // namespace

TEST_CASE("processes: eight write 64 rows each, and none fails") {
    TemporaryStore store;
    store.close();
    std::vector<test::ChildProcess> children;
    for (int child = 0; child < 8; ++child) {
        children.emplace_back([&store, child] {
            const auto opened = Store::open(store.root());
            for (int n = 0; n < 64; ++n) write_serial(*opened, std::to_string(child) + "-" + std::to_string(n));
        });
    }
    for (auto& child : children) CHECK(child.wait() == 0);
    store.reopen();
    CHECK(test::count_rows(*store, "certificates") == 8 * 64);
    CHECK(test::integrity(*store) == "ok");
}

TEST_CASE("processes: 32 that open, write once and close, as one-shot commands do") {
    TemporaryStore store;
    store.close();
    std::vector<test::ChildProcess> children;
    for (int child = 0; child < 32; ++child) {
        children.emplace_back([&store, child] { write_serial(*Store::open(store.root()), std::to_string(child)); });
    }
    for (auto& child : children) CHECK(child.wait() == 0);
    store.reopen();
    CHECK(test::count_rows(*store, "certificates") == 32);
}

TEST_CASE("processes: a command gets its turn beside a server that never stops writing") {
    TemporaryStore store;
    store.close();
    test::ChildProcess command([&store] {
        ::usleep(50'000);  // let the server get busy
        const auto opened = Store::open(store.root());
        for (int n = 0; n < 10; ++n) write_serial(*opened, "command-" + std::to_string(n));
    });
    store.reopen();
    std::atomic<bool> stop = false;
    std::vector<std::jthread> server;
    for (int thread = 0; thread < 16; ++thread) {
        server.emplace_back([&, thread] {
            for (int n = 0; !stop; ++n) write_serial(*store, std::to_string(thread) + "-" + std::to_string(n));
        });
    }
    CHECK(command.wait() == 0);
    stop = true;
    server.clear();
    for (int n = 0; n < 10; ++n) {
        CHECK(store->query(
            [&](Transaction& t) { return store::find_certificate(t, "command-" + std::to_string(n)).has_value(); }));
    }
}

TEST_CASE("processes: killed at any moment, all that was acknowledged is there") {
    TemporaryStore store;
    store.close();
    std::minstd_rand random(20270115);
    std::size_t acknowledged = 0;
    for (int round = 0; round < 15; ++round) {
        int pipe[2];
        REQUIRE(::pipe(pipe) == 0);
        test::ChildProcess child([&] { write_until_killed(store.root(), std::to_string(round), pipe[1]); });
        ::close(pipe[1]);
        ::usleep(static_cast<useconds_t>(5'000 + random() % 40'000));
        CHECK(child.kill() == 128 + SIGKILL);
        const auto serials = drain(pipe[0]);
        ::close(pipe[0]);
        acknowledged += serials.size();

        store.reopen();
        CHECK(test::integrity(*store) == "ok");
        for (const auto& serial : serials) {
            CAPTURE(serial);
            CHECK(store->query([&](Transaction& t) { return store::find_certificate(t, serial).has_value(); }));
        }
        store.close();
    }
    CHECK(acknowledged > 0);
}

TEST_CASE("processes: a full disk is an error, and what was there stays whole") {
    const SmallDisk disk("600k");
    if (!disk.mounted()) {
        MESSAGE("skipped: mounting a small file system needs root");
        return;
    }
    auto store = Store::create(disk.root());
    int written = 0;
    std::optional<base::Kind> kind;
    while (!kind && written < 5'000) {
        kind = test::kind_of([&] { write_serial(*store, std::to_string(written)); });
        if (!kind) ++written;
    }
    CHECK(kind == base::Kind::disk);
    CHECK(written > 0);
    std::atomic<int> other = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 16; ++i) {
            threads.emplace_back([&, i] {
                const auto outcome = test::kind_of([&] { write_serial(*store, "late-" + std::to_string(i)); });
                other += outcome && outcome != base::Kind::disk;
            });
        }
    }
    CHECK(other == 0);
    store.reset();
    store = Store::open(disk.root());
    CHECK(test::integrity(*store) == "ok");
    for (int n = 0; n < written; ++n) {
        CHECK(store->query([&](Transaction& t) { return store::find_certificate(t, std::to_string(n)).has_value(); }));
    }
}
