#include "deliver/formats.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "bundles.h"
#include "deliver/format_k8s.h"

using namespace signet;
using base::Kind;

namespace {

deliver::FormatOptions with_password(const base::Path& directory, const std::string& text) {
    base::write_file(directory / "password", text, {.mode = 0600});
    return {directory / "password", false, {}, {}};
}

}  // namespace

TEST_CASE("formats: what would fail later is said before") {
    const test::TemporaryDirectory directory;
    const auto good = with_password(directory.path(), "changeit\n");
    CHECK_NOTHROW(deliver::check_formats({"pem", "combined", "der", "p12", "k8s"}, good, true));
    CHECK_NOTHROW(deliver::check_formats({"pem", "der"}, {}, false));
    for (const char* format : {"combined", "p12", "k8s"}) {
        CAPTURE(format);
        CHECK(test::kind_of([&] { deliver::check_formats({format}, good, false); }) == Kind::usage);
    }
    CHECK(test::kind_of([] { deliver::check_formats({"pfx"}, {}, true); }) == Kind::usage);
    CHECK(test::kind_of([] { deliver::check_formats({"p12"}, {}, true); }) == Kind::usage);
    CHECK(test::kind_of([&] { deliver::check_formats({"k8s"}, {{}, false, "Upper", {}}, true); }) == Kind::usage);
    CHECK(test::kind_of([&] { deliver::check_formats({"k8s"}, {{}, false, {}, "a.b"}, true); }) == Kind::usage);
    for (const char* text : {"", "\n", "\r\nsecond\n"}) {
        const auto empty = with_password(directory.path(), text);
        CHECK(test::kind_of([&] { deliver::check_formats({"p12"}, empty, true); }) == Kind::bad_input);
    }
}

TEST_CASE("formats: each has the file that it is known by, secret where a key is in it") {
    const test::TemporaryDirectory directory;
    test::BundleMaker maker;
    const auto bundle = maker.make();
    const auto options = with_password(directory.path(), "changeit\n");
    for (const auto& format : deliver::formats()) {
        CAPTURE(format.name);
        bool there = false, secret = false;
        for (const auto& file : format.write(bundle, options)) {
            there = there || file.name == format.file;
            secret = secret || file.secret;
        }
        CHECK(there);
        CHECK(secret);
    }
}

TEST_CASE("formats: names as Kubernetes has them") {
    CHECK(deliver::kubernetes_name("web.internal") == "web.internal");
    CHECK(deliver::kubernetes_name("*.Web.internal") == "wildcard.web.internal");
    CHECK(deliver::kubernetes_name("spiffe://mesh.internal/ns/a_b") == "spiffe-mesh.internal-ns-a-b");
    CHECK(deliver::kubernetes_name("10.0.0.7") == "10.0.0.7");
    CHECK(deliver::kubernetes_name("fd00::1") == "fd00-1");
    CHECK(deliver::kubernetes_name("._-") == "signet");
    CHECK(deliver::kubernetes_name(std::string(300, 'a')).size() == 253);
    for (const char* text : {"*.Web.internal", "spiffe://mesh.internal/ns/a_b", "a..b", "a.-b", "-a-.b-", "ops@x.y"}) {
        CAPTURE(text);
        CHECK_NOTHROW(deliver::kubernetes_head("v1", "Secret", deliver::kubernetes_name(text), ""));
    }
}

TEST_CASE("formats: owner and mode are for the tls files alone") {
    const test::TemporaryDirectory directory;
    test::BundleMaker maker;
    const auto out = directory / "out";
    deliver::FileAccess access;
    access.key_mode = 0640;
    deliver::deliver(out, maker.make(), {"pem", "combined", "k8s"}, access);
    CHECK(test::mode_of(out / "tls.key") == 0640);
    CHECK(test::mode_of(out / "tls.pem") == 0640);
    CHECK(test::mode_of(out / "secret.yaml") == 0600);
}
