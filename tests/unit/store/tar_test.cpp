#include "store/tar.h"

#include <doctest/doctest.h>

#include "rows.h"
#include "store/store_files.h"
#include "support/temporary_directory.h"

using namespace signet;
using store::TarMember;
using Type = store::TarMember::Type;

TEST_CASE("tar: what was written is read, long names and all") {
    const test::TemporaryDirectory directory;
    const std::string deep = "certificates/" + std::string(250, 'a') + "/" + std::string(120, 'b');
    const std::string big(100'000, 'x');
    base::write_file(directory / "source", big);
    store::TarWriter out(directory / "archive");
    out.add({.path = "empty"});
    out.add({.path = "certificates", .type = Type::directory, .mode = 0755});
    out.add({.path = deep, .mode = 0640, .modified = 1'800'000'000}, "contents");
    out.add({.path = "link", .type = Type::link, .target = std::string(130, 'c')});
    out.add_file({.path = "big", .size = big.size()}, directory / "source");
    const auto digest = out.finish();
    CHECK(base::file_facts(directory / "archive")->size == out.size());
    CHECK(base::file_facts(directory / "archive")->mode == 0600);

    store::TarReader in(directory / "archive");
    CHECK(in.next()->path == "empty");
    CHECK(in.next()->type == Type::directory);
    const auto member = in.next();
    CHECK(member->path == deep);
    CHECK(member->mode == 0640);
    CHECK(member->modified == 1'800'000'000);
    CHECK(in.contents(100) == "contents");
    CHECK(in.next()->target == std::string(130, 'c'));
    CHECK(in.next()->size == big.size());
    in.save(directory / "copy", 0600);
    CHECK(base::read_file(directory / "copy", 1 << 20) == big);
    CHECK_FALSE(in.next());
    CHECK(in.digest() == digest);
}

TEST_CASE("tar: a file that became shorter is no member") {
    const test::TemporaryDirectory directory;
    base::write_file(directory / "source", "short");
    store::TarWriter out(directory / "archive");
    CHECK(test::kind_of([&] { out.add_file({.path = "x", .size = 100}, directory / "source"); }) == base::Kind::disk);
}

TEST_CASE("backup: what may become part of a store") {
    const auto may = [](const std::string& path, Type type = Type::file, const std::string& target = {}) {
        return store::may_be_restored({.path = path, .type = type, .target = target});
    };
    CHECK(may("signet.toml"));
    CHECK(may("signet.db"));
    CHECK(may("authorities", Type::directory));
    CHECK(may("authorities/default/former/root-00112233.key"));
    CHECK(may("certificates/a/.versions/live", Type::link, "v-1"));
    CHECK(may("certificates/a/tls.crt", Type::link, ".versions/live/tls.crt"));
    CHECK(may("something.new"));
    for (const auto* path : {"", "/etc/x", "../x", "a/../x", "a//x", "./x", "a/.", "a/", "locks", "SHA256", "locks/x",
                             "signet.db-wal", "signet.db/x", ".hidden", ".hidden/x"}) {
        CAPTURE(path);
        CHECK_FALSE(may(path));
    }
    CHECK_FALSE(may(std::string("a\0b", 3)));
    CHECK_FALSE(may("signet.db", Type::directory));
    CHECK_FALSE(may("signet.toml", Type::link, "x"));
    CHECK_FALSE(may("certificates", Type::link, "x"));
    CHECK_FALSE(may("authorities", Type::file));
    for (const auto* target : {"", "/x", "..", "../x", "a/../../x", "a//b", "."}) {
        CAPTURE(target);
        CHECK_FALSE(may("certificates/x", Type::link, target));
    }
}
