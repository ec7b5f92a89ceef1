#include "cli/exit_code.h"

#include <doctest/doctest.h>

using signet::base::Kind;
using signet::cli::exit_code;

TEST_CASE("exit code: one for each kind of failure") {
    CHECK(exit_code(Kind::refused) == 1);
    CHECK(exit_code(Kind::rejected_identifier) == 1);
    CHECK(exit_code(Kind::usage) == 2);
    CHECK(exit_code(Kind::bad_input) == 2);
    CHECK(exit_code(Kind::malformed) == 2);
    CHECK(exit_code(Kind::not_found) == 3);
    CHECK(exit_code(Kind::disk) == 3);
    CHECK(exit_code(Kind::store_busy) == 3);
    CHECK(exit_code(Kind::internal) == 3);
    CHECK(exit_code(Kind::connection) == 4);
    CHECK(exit_code(Kind::timeout) == 4);
}

TEST_CASE("exit code: no kind falls outside 1 to 4") {
    for (int kind = 0; kind <= static_cast<int>(Kind::internal); ++kind) {
        CAPTURE(kind);
        CHECK(exit_code(static_cast<Kind>(kind)) >= 1);
        CHECK(exit_code(static_cast<Kind>(kind)) <= 4);
    }
}
