#include "store/layout.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace signet;

TEST_CASE("layout: every path of a store") {
    const store::Layout layout("/s");
    CHECK(layout.settings() == "/s/signet.toml");
    CHECK(layout.database() == "/s/signet.db");
    CHECK(layout.root_certificate("default") == "/s/authorities/default/root.crt");
    CHECK(layout.root_key("default") == "/s/authorities/default/root.key");
    CHECK(layout.issuing_certificate("x") == "/s/authorities/x/issuing.crt");
    CHECK(layout.issuing_key("x") == "/s/authorities/x/issuing.key");
    CHECK(layout.certificate("worker-1.internal") == "/s/certificates/worker-1.internal");
    CHECK(layout.lock("init") == "/s/locks/init.lock");
}

TEST_CASE("layout: a name becomes one harmless path component") {
    const struct {
        std::string_view name, component;
    } rows[] = {
        {"worker-1.internal", "worker-1.internal"},
        {"*.example.net", "%2A.example.net"},
        {"spiffe://mesh/w", "spiffe%3A%2F%2Fmesh%2Fw"},
        {"fd00::1", "fd00%3A%3A1"},
        {"..", "%2E."},
        {".hidden", "%2Ehidden"},
        {"a b", "a%20b"},
        {"100%", "100%25"},
        {"\xc3\xa9", "%C3%A9"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        CHECK(store::encode_component(row.name) == row.component);
    }
    CHECK_THROWS_AS(store::encode_component(""), base::Error);
    CHECK(store::encode_component(std::string(255, 'a')).size() == 255);
    CHECK_THROWS_AS(store::encode_component(std::string(256, 'a')), base::Error);
    CHECK_THROWS_AS(store::encode_component(std::string(100, '/')), base::Error);
}

TEST_CASE("layout: names of authorities and profiles are plain") {
    for (const auto* good : {"default", "a", "A1.b_c-d", "0"})
        CHECK_NOTHROW(store::check_plain_name(good, "a profile"));
    for (const auto* bad : {"", ".", "..", "-x", "a/b", "a b", "\xc3\xa9"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(store::check_plain_name(bad, "a profile"), base::Error);
    }
    CHECK_NOTHROW(store::check_plain_name(std::string(64, 'a'), "a profile"));
    CHECK_THROWS_AS(store::check_plain_name(std::string(65, 'a'), "a profile"), base::Error);
}
