#include "ca/name_search.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace signet;

TEST_CASE("name search: the range holds all that matches, and the match decides") {
    struct Row {
        const char* pattern;
        std::vector<const char*> found, not_found;
    };
    const Row rows[] = {
        {"DB.Internal", {"db.internal"}, {"a.db.internal", "*.db.internal", "xdb.internal", "db.internal.x"}},
        {"*.internal", {"db.internal"}, {"a.db.internal", "internal", "10.0.0.1"}},
        {"**.internal", {"db.internal", "a.db.internal", "*.x.internal"}, {"internal", "ops@db.internal"}},
        {"10.0.0.7", {"10.0.0.7"}, {"10.0.0.8", "10.0.0.70"}},
        {"10.0.0.0/8", {"10.0.0.7", "10.255.255.255"}, {"11.0.0.0", "9.255.255.255", "::a00:7"}},
        {"fd00::/8", {"fd00::1", "fdff::"}, {"fc00::1", "10.0.0.1"}},
        {"spiffe://mesh/*", {"spiffe://mesh/a"}, {"spiffe://mesh/a/b", "spiffe://mesh2/a", "mesh"}},
        {"spiffe://mesh/**/web", {"spiffe://mesh/ns/x/web"}, {"spiffe://mesh/ns/x/db"}},
        {"*@mail.internal", {"ops@mail.internal"}, {"ops@x.mail.internal", "mail.internal"}},
        {"ops@**", {"ops@x.mail.internal", "ops@mail.internal"}, {"dev@mail.internal"}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.pattern);
        const auto search = ca::parse_name_search(row.pattern);
        REQUIRE(search);
        const auto finds = [&](const char* name) {
            return search->range.contains(store::name_key(name)) && search->matches(name);
        };
        for (const auto* name : row.found) {
            CAPTURE(name);
            CHECK(finds(name));
        }
        for (const auto* name : row.not_found) {
            CAPTURE(name);
            CHECK_FALSE(finds(name));
        }
    }
    CHECK_FALSE(ca::parse_name_search("**"));
    for (const auto* text : {"", "*", "a b", "a.*.internal", "10.0.0.7/8", "10.0.0.0/33", "***.internal", "@"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(ca::parse_name_search(text), base::Error);
    }
}
