#include "base/file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fstream>

#include "base/error.h"
#include "support/temporary_directory.h"

using namespace signet::base;
using signet::test::TemporaryDirectory;

namespace {

template <class F>
Kind kind_thrown(F&& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.kind();
    }
    return Kind::internal;
}

std::size_t entries(const Path& directory) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

}  // namespace

TEST_CASE("file: what is written is read, with the mode asked for whatever the umask") {
    const TemporaryDirectory directory;
    const mode_t before = ::umask(0077);
    write_file(directory / "public", "hello", {.mode = 0644});
    ::umask(0);
    write_file(directory / "private", "secret", {.mode = 0600});
    ::umask(before);
    CHECK(read_file(directory / "public", 100) == "hello");
    CHECK(file_facts(directory / "public")->mode == 0644);
    CHECK(file_facts(directory / "private")->mode == 0600);
    CHECK(entries(directory.path()) == 2);
}

TEST_CASE("file: replacing makes a new file, and old readers keep the old bytes") {
    const TemporaryDirectory directory;
    write_file(directory / "f", "old");
    std::ifstream reader(directory / "f");
    write_file(directory / "f", "new");
    std::string seen;
    reader >> seen;
    CHECK(seen == "old");
    CHECK(read_file(directory / "f", 10) == "new");
}

TEST_CASE("file: exclusive never replaces and leaves nothing behind") {
    const TemporaryDirectory directory;
    write_file(directory / "f", "first", {.exclusive = true});
    CHECK(kind_thrown([&] { write_file(directory / "f", "second", {.exclusive = true}); }) == Kind::exists);
    CHECK(read_file(directory / "f", 10) == "first");
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("file: errors have a kind and name the path") {
    const TemporaryDirectory directory;
    CHECK(kind_thrown([&] { read_file(directory / "absent", 10); }) == Kind::not_found);
    CHECK(kind_thrown([&] { read_file(directory.path(), 10); }) == Kind::bad_input);
    CHECK(kind_thrown([&] { write_file(directory / "no/such", "x"); }) == Kind::not_found);
    write_file(directory / "f", "12345");
    CHECK(kind_thrown([&] { read_file(directory / "f", 4); }) == Kind::bad_input);
    CHECK(read_file(directory / "f", 5) == "12345");
    CHECK_FALSE(read_file_if_there(directory / "absent", 10));
    CHECK_FALSE(file_facts(directory / "absent"));
    try {
        throw_errno(ENOSPC, "write", "/some/path");
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::disk);
        CHECK(error.message() == "cannot write /some/path: no space left on device");
        CHECK_FALSE(error.hint().empty());
    }
}

TEST_CASE("file: a write that fails leaves the old state and no temporary file") {
    const TemporaryDirectory directory;
    make_directories(directory / "target", 0755);
    CHECK_THROWS_AS(write_file(directory / "target", "x"), Error);
    CHECK(entries(directory.path()) == 1);
    // A limit on the size of files stands in for a full disk.
    const rlimit before = [] {
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        return limit;
    }();
    write_file(directory / "f", "old");
    const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 4096;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const Kind kind = kind_thrown([&] { write_file(directory / "f", std::string(10000, 'x')); });
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, old_handler);
    CHECK(kind == Kind::disk);
    CHECK(read_file(directory / "f", 10) == "old");
    CHECK(entries(directory.path()) == 2);
}

TEST_CASE("file: a private file that others can read is refused with the chmod that mends it") {
    const TemporaryDirectory directory;
    write_file(directory / "key", "k", {.mode = 0600});
    CHECK(read_private_file(directory / "key", 10) == "k");
    for (const std::uint32_t mode : {0640U, 0604U, 0620U, 0602U, 0644U}) {
        CAPTURE(mode);
        REQUIRE(::chmod((directory / "key").c_str(), mode) == 0);
        try {
            read_private_file(directory / "key", 10);
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.kind() == Kind::permission);
            CHECK(error.hint() == "chmod 600 " + (directory / "key").string());
        }
    }
    CHECK(kind_thrown([&] { read_private_file(directory.path(), 10); }) == Kind::bad_input);
}

TEST_CASE("file: another user's private file is refused" * doctest::skip(::geteuid() != 0)) {
    const TemporaryDirectory directory;
    write_file(directory / "key", "k", {.mode = 0600, .owner = 12345});
    CHECK(file_facts(directory / "key")->owner == 12345);
    CHECK(kind_thrown([&] { read_private_file(directory / "key", 10); }) == Kind::permission);
}

TEST_CASE("file: directories are made with their mode, and existing ones left alone") {
    const TemporaryDirectory directory;
    make_directories(directory / "a/b/", 0700);
    CHECK(file_facts(directory / "a")->mode == 0700);
    CHECK(file_facts(directory / "a/b")->directory);
    make_directories(directory / "a", 0755);
    CHECK(file_facts(directory / "a")->mode == 0700);
    write_file(directory / "f", "x");
    CHECK(kind_thrown([&] { make_directories(directory / "f/x", 0700); }) == Kind::not_found);
    rename_file(directory / "f", directory / "g");
    CHECK_FALSE(file_facts(directory / "f"));
    remove_if_there(directory / "g");
    remove_if_there(directory / "g");
    CHECK_FALSE(file_facts(directory / "g"));
}

TEST_CASE("file: a FIFO in a file's place is refused, not waited for") {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "tls.crt";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(kind_thrown([&] { read_file(path, 100); }) == Kind::bad_input);
    CHECK_FALSE(read_plain_file(path, 100));
}

TEST_CASE("file: a plain file is read through no symlink") {
    const TemporaryDirectory directory;
    write_file(directory.path() / "secret", "key", {.mode = 0600, .owner = {}, .group = {}, .exclusive = false});
    std::filesystem::create_symlink("secret", directory.path() / "tls.key");
    CHECK_FALSE(read_plain_file(directory.path() / "tls.key", 100));
    CHECK_FALSE(read_plain_file(directory.path() / "absent", 100));
    const auto plain = read_plain_file(directory.path() / "secret", 100);
    REQUIRE(plain);
    CHECK(plain->contents == "key");
    CHECK(plain->facts.mode == 0600);
}
