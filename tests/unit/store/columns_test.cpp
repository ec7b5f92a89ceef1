#include "store/columns.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "rows.h"

using namespace signet;

TEST_CASE("columns: lists come back as they went, whatever is in them") {
    const std::vector<std::string> lists[] = {{},      {""},           {"", ""},
                                              {"a"},   {"a", "b"},     {"two\nlines", "back\\slash"},
                                              {"\\n"}, {"ends in \\"}, {std::string("\0x", 2)}};
    for (const auto& list : lists) {
        CAPTURE(store::list_to_text(list));
        CHECK(store::text_to_list(store::list_to_text(list)) == list);
    }
    CHECK(store::list_to_text({"a", "b"}) == "a\nb\n");
}

TEST_CASE("columns: every status has a word and comes back from it") {
    for (const auto status : test::k_order_states) CHECK(store::order_status(store::to_text(status)) == status);
    for (const auto status : test::k_authorization_states)
        CHECK(store::authorization_status(store::to_text(status)) == status);
    for (const auto status : test::k_challenge_states) CHECK(store::challenge_status(store::to_text(status)) == status);
    for (const auto status :
         {store::AccountStatus::valid, store::AccountStatus::deactivated, store::AccountStatus::revoked}) {
        CHECK(store::account_status(store::to_text(status)) == status);
    }
    CHECK(test::kind_of([] { store::order_status("readi"); }) == base::Kind::corrupt);
    CHECK(test::kind_of([] { store::read_identifier("x400", "a"); }) == base::Kind::corrupt);
}
