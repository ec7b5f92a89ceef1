#include "acme/status.h"

#include <array>
#include <doctest/doctest.h>
#include <set>
#include <tuple>

using namespace signet::acme;

namespace {
constexpr std::array k_all{State::pending, State::processing,  State::ready,   State::valid,
                           State::invalid, State::deactivated, State::expired, State::revoked};
}

TEST_CASE("status: every pair of states is either drawn in RFC 8555 section 7.1.6 or refused") {
    using Arrow = std::tuple<Resource, State, State>;
    const std::set<Arrow> drawn{
        {Resource::challenge, State::pending, State::processing},
        {Resource::challenge, State::processing, State::processing},
        {Resource::challenge, State::processing, State::valid},
        {Resource::challenge, State::processing, State::invalid},
        {Resource::authorization, State::pending, State::valid},
        {Resource::authorization, State::pending, State::invalid},
        {Resource::authorization, State::pending, State::deactivated},
        {Resource::authorization, State::valid, State::expired},
        {Resource::authorization, State::valid, State::deactivated},
        {Resource::authorization, State::valid, State::revoked},
        {Resource::order, State::pending, State::ready},
        {Resource::order, State::pending, State::invalid},
        {Resource::order, State::ready, State::processing},
        {Resource::order, State::ready, State::valid},
        {Resource::order, State::ready, State::invalid},
        {Resource::order, State::processing, State::valid},
        {Resource::order, State::processing, State::invalid},
    };
    for (const auto resource : {Resource::challenge, Resource::authorization, Resource::order}) {
        for (const auto from : k_all) {
            for (const auto to : k_all) {
                CAPTURE(state_name(from));
                CAPTURE(state_name(to));
                CHECK(may_move(resource, from, to) == drawn.contains({resource, from, to}));
            }
        }
    }
}

TEST_CASE("status: names go both ways") {
    for (const auto state : k_all) CHECK(parse_state(state_name(state)) == state);
    CHECK_FALSE(parse_state("Valid"));
    CHECK_FALSE(parse_state(""));
}
