#include <unistd.h>

#include <doctest/doctest.h>
#include <fstream>

#include "bundles.h"

using namespace signet;
using test::TemporaryDirectory;

TEST_CASE("installed: nothing, where nothing was delivered") {
    const TemporaryDirectory directory;
    CHECK_FALSE(deliver::installed(directory.path()));
    CHECK_FALSE(deliver::installed(directory / "none"));
    std::filesystem::create_symlink(".versions/live/tls.crt", directory / "tls.crt");  // killed before the switch
    CHECK_FALSE(deliver::installed(directory.path()));
}

TEST_CASE("installed: what was delivered comes back") {
    const TemporaryDirectory directory;
    const auto bundle = test::BundleMaker().make();
    deliver::deliver(directory.path(), bundle, {}, {});
    const auto found = deliver::installed(directory.path());
    REQUIRE(found);
    CHECK(found->chain == std::vector{bundle.leaf, bundle.chain.front()});
    CHECK(found->anchors == bundle.anchors);
    CHECK(found->key_fits);
    CHECK(found->key_pem->reveal() == bundle.key_pem.reveal());
}

TEST_CASE("installed: a key that does not fit, is damaged or missing is told, a damaged certificate is an error") {
    const TemporaryDirectory directory;
    test::BundleMaker maker;
    deliver::deliver(directory.path(), maker.make(), {}, {});
    const auto key = directory / "tls.key";
    std::filesystem::remove(key);
    CHECK_FALSE(deliver::installed(directory.path())->key_pem);
    std::ofstream(key) << maker.make().key_pem.reveal();
    CHECK_FALSE(deliver::installed(directory.path())->key_fits);
    std::ofstream(key) << "-----BEGIN PRIVATE KEY-----\nAAAA\n";
    CHECK_FALSE(deliver::installed(directory.path())->key_fits);
    const auto whole = test::slurp(directory / "tls.crt");
    std::filesystem::remove(directory / "tls.crt");
    std::ofstream(directory / "tls.crt") << whole.substr(0, whole.size() / 3);
    CHECK(test::kind_of([&] { deliver::installed(directory.path()); }) == base::Kind::bad_input);
}
