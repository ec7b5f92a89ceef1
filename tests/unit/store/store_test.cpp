#include "store/store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <doctest/doctest.h>
#include <fstream>
#include <functional>
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
using test::TemporaryDirectory;
using test::TemporaryStore;

namespace {

std::optional<base::Error> error_of(const std::function<void()>& work) {
    try {
        work();
        return std::nullopt;
    } catch (const base::Error& error) {
        return error;
    }
}

unsigned mode_of(const base::Path& path) {
    struct stat facts {};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    return facts.st_mode & 07777;
}

void expect_refused(const base::Path& root, base::Kind kind, const std::string& message, const std::string& hint) {
    for (const bool create : {false, true}) {
        CAPTURE(create);
        const auto error = error_of([&] { create ? Store::create(root) : Store::open(root); });
        REQUIRE(error);
        CHECK(error->kind() == kind);
        CHECK(error->message().find(message) != std::string::npos);
        CHECK(error->hint().find(hint) != std::string::npos);
    }
}

}  // namespace

TEST_CASE("store: open says how to make one where there is none") {
    const TemporaryDirectory directory;
    ::chmod(directory.path().c_str(), 0700);
    for (const auto& root : {directory / "none", directory.path()}) {
        const auto error = error_of([&] { Store::open(root); });
        REQUIRE(error);
        CHECK(error->kind() == base::Kind::not_found);
        CHECK(error->hint().find("signet ca init") != std::string::npos);
    }
    CHECK_FALSE(std::filesystem::exists(directory / "none"));
    std::ofstream(directory / "signet.db");  // created, then killed
    CHECK(error_of([&] { Store::open(directory.path()); })->kind() == base::Kind::not_found);
    CHECK_NOTHROW(Store::create(directory.path()));
    CHECK_NOTHROW(Store::open(directory.path()));
}

TEST_CASE("store: directory and database are private whatever the umask") {
    for (const mode_t mask : {0u, 022u, 077u, 0777u}) {
        const TemporaryDirectory directory;
        const auto before = ::umask(mask);
        const auto root = directory / "deep" / "store";
        const auto store = Store::create(root);
        store->write([](Transaction& t) { store::put_meta(t, "a", base::bytes_of("b")); });
        ::umask(before);
        CHECK(mode_of(root) == 0700);
        for (const auto* name : {"signet.db", "signet.db-wal", "signet.db-shm"}) {
            CAPTURE(name);
            CHECK(mode_of(root / name) == 0600);
        }
    }
}

TEST_CASE("store: another user's is refused, naming whose it is") {
    if (::geteuid() == 0) {
        const TemporaryDirectory directory;
        const auto root = directory / "store";
        Store::create(root);
        REQUIRE(::chown(root.c_str(), 65534, 65534) == 0);
        expect_refused(root, base::Kind::permission, "nobody", "sudo -u 'nobody'");
    } else {
        expect_refused("/", base::Kind::permission, "root", "sudo -u 'root'");
    }
}

TEST_CASE("store: one that others can read is refused with the chmod that mends it") {
    TemporaryStore store;
    store.close();
    for (const mode_t mode : {0755u, 0710u, 0701u, 0770u}) {
        REQUIRE(::chmod(store.root().c_str(), mode) == 0);
        expect_refused(store.root(), base::Kind::permission, store.root().string(),
                       "chmod 0700 " + store.root().string());
    }
    REQUIRE(::chmod(store.root().c_str(), 0700) == 0);
    CHECK_NOTHROW(Store::open(store.root()));
}

TEST_CASE("store: an empty directory that is there is narrowed") {
    const TemporaryDirectory directory;
    const auto root = directory / "volume";
    std::filesystem::create_directory(root);
    REQUIRE(::chmod(root.c_str(), 0755) == 0);
    Store::create(root);
    CHECK(mode_of(root) == 0700);
}

TEST_CASE("store: what is no directory or no database of ours is refused") {
    const TemporaryDirectory directory;
    std::ofstream(directory / "file") << "x";
    expect_refused(directory / "file", base::Kind::bad_input, "is not a directory", "--store");

    const auto root = directory / "store";
    Store::create(root);
    std::filesystem::remove(root / "signet.db-wal");
    std::ofstream(root / "signet.db", std::ios::trunc) << std::string(8192, 'x');
    expect_refused(root, base::Kind::corrupt, "signet.db", "backup");
}

TEST_CASE("store: damage inside the file is reported, not read over") {
    TemporaryStore store;
    store->write([](Transaction& t) {
        for (int i = 0; i < 200; ++i) store::insert_certificate(t, test::sample_certificate(std::to_string(i)));
    });
    store.close();
    {
        std::fstream file(store.root() / "signet.db", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096);
        const std::string junk(static_cast<std::size_t>(std::filesystem::file_size(store.root() / "signet.db")) - 4096,
                               '\x5a');
        file.write(junk.data(), static_cast<std::streamsize>(junk.size()));
    }
    const auto error = error_of([&] {
        Store::open(store.root())->query([](Transaction& t) { return store::find_certificate(t, "7").has_value(); });
    });
    REQUIRE(error);
    CHECK(error->kind() == base::Kind::corrupt);
}

TEST_CASE("store: a symbolic link in place of the database is refused") {
    TemporaryStore store;
    store.close();
    std::filesystem::rename(store.root() / "signet.db", store.root() / "elsewhere.db");
    std::filesystem::create_symlink("elsewhere.db", store.root() / "signet.db");
    CHECK(error_of([&] { Store::open(store.root()); }));
}

TEST_CASE("store: a store below a link to a directory is fine") {
    TemporaryStore store;
    store.close();
    const TemporaryDirectory links;
    std::filesystem::create_directory_symlink(store.root(), links / "link");
    CHECK_NOTHROW(
        Store::open(links / "link")->write([](Transaction& t) { store::put_meta(t, "a", base::bytes_of("b")); }));
}

TEST_CASE("store: reading cannot write") {
    TemporaryStore store;
    CHECK(error_of([&] { store->read([](Transaction& t) { store::erase_meta(t, "a"); }); }));
}

TEST_CASE("store: a read is one snapshot while others write") {
    TemporaryStore store;
    const auto put = [&](const char* value) {
        store->write([&](Transaction& t) { store::put_meta(t, "a", base::bytes_of(value)); });
    };
    put("1");
    store->read([&](Transaction& t) {
        CHECK(base::text_of(store::get_meta(t, "a").value()) == "1");
        put("2");
        CHECK(base::text_of(store::get_meta(t, "a").value()) == "1");
    });
    CHECK(store->query([](Transaction& t) { return base::to_text(store::get_meta(t, "a").value()); }) == "2");
}

TEST_CASE("store: more readers than connections, beside a writer") {
    TemporaryStore store;
    store->write([](Transaction& t) { store::put_meta(t, "n", base::bytes_of("0")); });
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 20; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 50; ++n) {
                    store->read([&](Transaction& t) { wrong += store::get_meta(t, "n") != store::get_meta(t, "n"); });
                }
            });
        }
        for (int n = 0; n < 50; ++n) {
            store->write([&](Transaction& t) { store::put_meta(t, "n", base::bytes_of(std::to_string(n))); });
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("store: four processes create it at once and all succeed") {
    for (int round = 0; round < 5; ++round) {
        const TemporaryDirectory directory;
        std::vector<test::ChildProcess> children;
        for (int i = 0; i < 4; ++i) {
            children.emplace_back([&directory] {
                Store::create(directory / "store")->write([](Transaction& t) {
                    store::put_meta(t, std::to_string(::getpid()), base::bytes_of("here"));
                });
            });
        }
        for (auto& child : children) CHECK(child.wait() == 0);
        CHECK(test::count_rows(*Store::open(directory / "store"), "meta") == 4);
    }
}

TEST_CASE("store: creation killed at any moment is completed by the next") {
    for (int round = 0; round < 40; ++round) {
        const TemporaryDirectory directory;
        test::ChildProcess child([&directory] { Store::create(directory / "store"); });
        ::usleep(static_cast<useconds_t>(round * 150));
        child.kill();
        const auto store = Store::create(directory / "store");
        CHECK(test::integrity(*store) == "ok");
        CHECK(mode_of(directory / "store") == 0700);
        CHECK(mode_of(directory / "store" / "signet.db") == 0600);
    }
}

TEST_CASE("store: named locks exclude each other, different ones do not") {
    TemporaryStore store;
    const auto held = store->lock("serve-acme");
    CHECK(test::kind_of([&] { store->lock("serve-acme", std::chrono::milliseconds(0)); }) == base::Kind::store_busy);
    CHECK_NOTHROW(store->lock("init", std::chrono::milliseconds(0)));
}
