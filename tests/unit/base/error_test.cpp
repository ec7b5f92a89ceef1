#include "base/error.h"

#include <doctest/doctest.h>
#include <set>

using namespace signet::base;

TEST_CASE("error: the innermost place wins") {
    const Error error(Kind::bad_input, "no good", "mend it");
    CHECK(error.with("inside").with("outside").where() == "inside");
    CHECK(error.with("inside").hint() == "mend it");
    CHECK(std::string(error.what()) == "no good");
}

TEST_CASE("error: every kind has a name of its own") {
    std::set<std::string_view> names;
    for (int kind = 0; kind <= static_cast<int>(Kind::internal); ++kind)
        names.insert(kind_name(static_cast<Kind>(kind)));
    CHECK(names.size() == static_cast<std::size_t>(Kind::internal) + 1);
}
