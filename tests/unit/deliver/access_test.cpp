#include <unistd.h>

#include <doctest/doctest.h>

#include "bundles.h"

using namespace signet;
using base::Kind;
using test::TemporaryDirectory;

TEST_CASE("ownership: a directory of ours that nobody else can write is good, missing parts too") {
    const TemporaryDirectory directory;
    CHECK_NOTHROW(deliver::check_ownership(directory / "none"));
    CHECK_NOTHROW(deliver::check_ownership(directory.path()));
    deliver::deliver(directory.path(), test::BundleMaker().make(), {}, {});
    const auto own = deliver::private_directory(directory.path());
    CHECK(own == directory / ".signet");
    CHECK(test::mode_of(own) == 0700);
    CHECK_NOTHROW(deliver::check_ownership(directory.path()));
}

TEST_CASE("ownership: each of the three directories is refused when others write it or own it") {
    for (const auto* part : {".", ".versions", ".signet"}) {
        CAPTURE(part);
        const TemporaryDirectory directory;
        deliver::deliver(directory.path(), test::BundleMaker().make(), {}, {});
        deliver::private_directory(directory.path());
        const auto path = directory / part;
        for (const mode_t mode : {0775u, 0757u, 0722u}) {
            REQUIRE(::chmod(path.c_str(), mode) == 0);
            CHECK(test::kind_of([&] { deliver::check_ownership(directory.path()); }) == Kind::permission);
        }
        REQUIRE(::chmod(path.c_str(), 0755) == 0);
        CHECK_NOTHROW(deliver::check_ownership(directory.path()));
        if (::geteuid() == 0) {
            REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
            CHECK(test::kind_of([&] { deliver::check_ownership(directory.path()); }) == Kind::permission);
        }
    }
}

TEST_CASE("ownership: links in place of .versions and .signet are refused") {
    for (const auto* part : {".versions", ".signet"}) {
        const TemporaryDirectory directory, elsewhere;
        std::filesystem::create_directory_symlink(elsewhere.path(), directory / part);
        CHECK(test::kind_of([&] { deliver::check_ownership(directory.path()); }) == Kind::permission);
    }
    const TemporaryDirectory directory, elsewhere;
    std::filesystem::create_directory_symlink(elsewhere.path(), directory / ".signet");
    CHECK(test::kind_of([&] { deliver::private_directory(directory.path()); }) == Kind::permission);
}

TEST_CASE("lock: one at a time for a directory") {
    const TemporaryDirectory directory;
    const auto held = deliver::lock_directory(directory / "new");
    CHECK_FALSE(base::FileLock::try_acquire(directory / "new" / ".signet" / "lock"));
}

TEST_CASE("access: users, groups and modes from words") {
    CHECK(deliver::parse_owner("root") == 0);
    CHECK(deliver::parse_owner("1000") == 1000);
    CHECK(deliver::parse_group("root") == 0);
    CHECK(deliver::parse_group("65533") == 65533);
    for (const auto* bad : {"", "no-such-user-here", "-1", "4294967295", "99999999999", "12x"}) {
        CAPTURE(bad);
        CHECK(test::kind_of([&] { deliver::parse_owner(bad); }) == Kind::usage);
        CHECK(test::kind_of([&] { deliver::parse_group(bad); }) == Kind::usage);
    }
    CHECK(deliver::parse_mode("0640") == 0640);
    CHECK(deliver::parse_mode("600") == 0600);
    for (const auto* bad : {"", "0660", "0602", "1777", "0o600", "8", "-1", "rw", "99999999999999"}) {
        CAPTURE(bad);
        CHECK(test::kind_of([&] { deliver::parse_mode(bad); }) == Kind::usage);
    }
}
