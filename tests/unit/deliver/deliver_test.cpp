#include "deliver/deliver.h"

#include <sys/mount.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fstream>

#include "bundles.h"
#include "deliver/versions.h"
#include "support/programs.h"

using namespace signet;
using base::Path;
using test::shows;
using test::TemporaryDirectory;

namespace {

void put(const Path& path, std::string_view text, mode_t mode = 0644) {
    std::ofstream(path) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
}

deliver::Bundle without_key(deliver::Bundle bundle) {
    bundle.key_pem = base::Secret();
    return bundle;
}

}  // namespace

TEST_CASE("deliver: three links through .versions/live, whatever the umask") {
    const TemporaryDirectory directory;
    test::BundleMaker maker;
    for (const mode_t mask : {0u, 022u, 077u}) {
        const auto out = directory / ("out" + std::to_string(mask));
        const auto bundle = maker.make();
        const auto before = ::umask(mask);
        const auto paths = deliver::deliver(out, bundle, {"pem"}, {});
        ::umask(before);
        CHECK(paths == std::vector<Path>{out / "tls.crt", out / "tls.key", out / "ca.crt"});
        CHECK(test::names_in(out) == std::vector<std::string>{".versions", "ca.crt", "tls.crt", "tls.key"});
        CHECK(shows(out, bundle));
        for (const auto* name : {"tls.crt", "tls.key", "ca.crt"}) {
            CHECK(std::filesystem::read_symlink(out / name) == Path(".versions/live") / name);
        }
        CHECK(std::filesystem::read_symlink(out / ".versions/live").string().find('/') == std::string::npos);
        CHECK(test::mode_of(out) == 0755);
        CHECK(test::mode_of(out / ".versions") == 0755);
        CHECK(test::mode_of(out / ".versions/live") == 0755);
        CHECK(test::mode_of(out / "tls.key") == 0600);
        CHECK(test::mode_of(out / "tls.crt") == 0644);
        CHECK(test::mode_of(out / "ca.crt") == 0644);
    }
}

TEST_CASE("deliver: a renewal switches one link; the version before stays, older ones go") {
    const TemporaryDirectory directory;
    const auto out = directory / "out";
    test::BundleMaker maker;
    std::vector<Path> versions;
    struct stat link_before {};
    for (int i = 0; i < 5; ++i) {
        const auto bundle = maker.make();
        deliver::deliver(out, bundle, {}, {});
        CHECK(shows(out, bundle));
        versions.push_back(std::filesystem::canonical(out / ".versions/live"));
        CHECK(test::names_in(out / ".versions").size() == (i == 0 ? 2 : 3));
        struct stat link {};
        REQUIRE(::lstat((out / "tls.crt").c_str(), &link) == 0);
        if (i > 0) CHECK(link.st_ino == link_before.st_ino);
        link_before = link;
    }
    CHECK(std::filesystem::exists(versions[3] / "tls.key"));
    CHECK_FALSE(std::filesystem::exists(versions[2]));
}

TEST_CASE("deliver: the directory can be moved, links and all") {
    const TemporaryDirectory directory;
    const auto bundle = test::BundleMaker().make();
    deliver::deliver(directory / "here", bundle, {}, {});
    std::filesystem::rename(directory / "here", directory / "there");
    CHECK(shows(directory / "there", bundle));
}

TEST_CASE("deliver: further formats, read by openssl; gone when they are asked for no more") {
    const TemporaryDirectory directory;
    const auto out = directory / "out";
    test::BundleMaker maker;
    const auto bundle = maker.make();
    const auto paths = deliver::deliver(out, bundle, {"pem", "combined", "der", "der"}, {});
    CHECK(paths.size() == 6);
    CHECK(test::mode_of(out / "tls.pem") == 0600);
    CHECK(test::mode_of(out / "tls.key.der") == 0600);
    CHECK(test::mode_of(out / "tls.crt.der") == 0644);
    CHECK(test::slurp(out / "tls.pem") == std::string(bundle.key_pem.reveal()) + test::chain_text(bundle));
    if (test::installed("openssl")) {
        const auto key = test::run({"openssl", "pkey", "-in", out / "tls.key", "-pubout"});
        CHECK(key.starts_with("-----BEGIN PUBLIC KEY"));
        CHECK(test::run({"openssl", "pkey", "-inform", "DER", "-in", out / "tls.key.der", "-pubout"}) == key);
        CHECK(test::run({"openssl", "x509", "-inform", "DER", "-in", out / "tls.crt.der", "-noout", "-pubkey"}) == key);
        CHECK(test::run({"openssl", "pkey", "-in", out / "tls.pem", "-pubout"}) == key);
        CHECK(test::run({"openssl", "verify", "-CAfile", out / "ca.crt", "-untrusted", out / "tls.crt", "-attime",
                         "1800000000", out / "tls.crt"})
                  .ends_with("OK\n"));
    }
    deliver::deliver(out, maker.make(), {"pem"}, {});
    CHECK(test::names_in(out) == std::vector<std::string>{".versions", "ca.crt", "tls.crt", "tls.key"});
    CHECK(test::kind_of([] { deliver::find_format("pme"); }) == base::Kind::usage);
}

TEST_CASE("deliver: key mode, owner and group apply to the tls files only") {
    const TemporaryDirectory directory;
    const auto out = directory / "out";
    deliver::FileAccess access;
    access.key_mode = 0640;
    const bool root = ::geteuid() == 0;
    if (root) {
        access.owner = 65534;
        access.group = 65533;
    }
    deliver::deliver(out, test::BundleMaker().make(), {"combined"}, access);
    CHECK(test::mode_of(out / "tls.key") == 0640);
    CHECK(test::mode_of(out / "tls.pem") == 0640);
    CHECK(test::mode_of(out / "tls.crt") == 0644);
    for (const auto* name : {"tls.crt", "tls.key", "tls.pem", "ca.crt", ".versions", "."}) {
        CAPTURE(name);
        const auto facts = base::file_facts(out / name).value();
        const bool given = root && std::string_view(name).starts_with("tls.");
        CHECK(facts.owner == (given ? 65534 : ::geteuid()));
        CHECK(facts.group == (given ? 65533 : ::getegid()));
    }
}

TEST_CASE("deliver: a request from elsewhere leaves no foreign key beside the certificate") {
    const TemporaryDirectory directory;
    const auto out = directory / "out";
    test::BundleMaker maker;
    deliver::deliver(out, maker.make(), {}, {});
    const auto paths = deliver::deliver(out, without_key(maker.make()), {}, {});
    CHECK(paths.size() == 2);
    CHECK(test::names_in(out) == std::vector<std::string>{".versions", "ca.crt", "tls.crt"});
    CHECK(test::kind_of([&] { deliver::deliver(out, without_key(maker.make()), {"combined"}, {}); }) ==
          base::Kind::usage);
}

TEST_CASE("deliver: a request made with the very key that stands there keeps it") {
    const TemporaryDirectory directory;
    test::BundleMaker maker;
    auto bundle = maker.make();
    const std::string key(bundle.key_pem.reveal());
    SUBCASE("a key of ours") { deliver::deliver(directory / "out", bundle, {}, {}); }
    SUBCASE("a key that somebody put there") {
        std::filesystem::create_directory(directory / "out");
        put(directory / "out" / "tls.key", key, 0600);
    }
    deliver::deliver(directory / "out", without_key(std::move(bundle)), {}, {});
    CHECK(test::slurp(directory / "out" / "tls.key") == key);
    CHECK(test::mode_of(directory / "out" / "tls.key") == 0600);
    CHECK(deliver::installed(directory / "out")->key_fits);
}

TEST_CASE("deliver: plain files that are there are taken over as the version before") {
    const TemporaryDirectory directory;
    test::BundleMaker maker;
    const auto old = maker.make(), bundle = maker.make();
    put(directory / "tls.crt", test::chain_text(old));
    put(directory / "tls.key", old.key_pem.reveal(), 0640);
    put(directory / "notes.txt", "mine");
    deliver::deliver(directory.path(), bundle, {}, {});
    CHECK(shows(directory.path(), bundle));
    CHECK(test::slurp(directory / "notes.txt") == "mine");
    int kept = 0;
    for (const auto& name : test::names_in(directory / ".versions")) {
        const auto version = directory / ".versions" / name;
        if (name == "live" || test::slurp(version / "tls.crt") != test::chain_text(old)) continue;
        ++kept;
        CHECK(test::slurp(version / "tls.key") == old.key_pem.reveal());
        CHECK(test::mode_of(version / "tls.key") == 0640);
    }
    CHECK(kept == 1);
}

TEST_CASE("deliver: plain files where there are no links") {
    const TemporaryDirectory directory;
    test::BundleMaker maker;
    for (int i = 0; i < 2; ++i) {
        const auto bundle = maker.make();
        std::vector<deliver::File> files = deliver::find_format("pem").write(bundle, {});
        deliver::write_plain_files(directory.path(), files, {});
        CHECK(shows(directory.path(), bundle));
        CHECK(test::mode_of(directory / "tls.key") == 0600);
        CHECK(test::names_in(directory.path()) == std::vector<std::string>{"ca.crt", "tls.crt", "tls.key"});
    }
}

TEST_CASE("deliver: a .versions that is a link is not followed") {
    const TemporaryDirectory directory, elsewhere;
    put(elsewhere / "v-0123", "not ours");
    std::filesystem::create_directory_symlink(elsewhere.path(), directory / ".versions");
    CHECK(test::kind_of([&] { deliver::deliver(directory.path(), test::BundleMaker().make(), {}, {}); }) ==
          base::Kind::bad_input);
    CHECK(test::names_in(elsewhere.path()) == std::vector<std::string>{"v-0123"});
}

TEST_CASE("deliver: a name taken by a directory is an error, and the old files stand") {
    const TemporaryDirectory directory;
    test::BundleMaker maker;
    const auto old = maker.make();
    deliver::deliver(directory.path(), old, {}, {});
    std::filesystem::create_directories(directory / "tls.pem" / "x");
    CHECK(test::kind_of([&] { deliver::deliver(directory.path(), maker.make(), {"combined"}, {}); }).has_value());
    CHECK(shows(directory.path(), old));
    CHECK(test::names_in(directory / ".versions").size() == 2);
}

TEST_CASE("deliver: a full disk leaves the old files whole and nothing half written") {
    const TemporaryDirectory directory;
    if (::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
        MESSAGE("skipped: mounting a small file system needs root");
        return;
    }
    test::BundleMaker maker;
    const auto old = maker.make();
    deliver::deliver(directory / "out", old, {}, {});
    std::optional<base::Kind> kind;
    for (std::size_t blocks = 1; blocks < 16; ++blocks) {
        // Less room each time: it ends in another place each time.
        std::ofstream(directory / ("filler" + std::to_string(blocks))) << std::string(4096, 'x');
        kind = test::kind_of([&] { deliver::deliver(directory / "out", maker.make(), {}, {}); });
        if (kind) {
            CHECK(kind == base::Kind::disk);
            CHECK(test::names_in(directory / "out") ==
                  std::vector<std::string>{".versions", "ca.crt", "tls.crt", "tls.key"});
            CHECK(test::names_in(directory / "out/.versions").size() <= 3);
            CHECK(deliver::installed(directory / "out")->key_fits);
        }
    }
    CHECK(kind == base::Kind::disk);
    ::umount2(directory.path().c_str(), MNT_DETACH);
}
