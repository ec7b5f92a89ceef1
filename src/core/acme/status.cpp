#include "acme/status.h"

#include <algorithm>
#include <array>
#include <utility>

namespace signet::acme {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 8> k_states{{
    {State::pending, "pending"},
    {State::processing, "processing"},
    {State::ready, "ready"},
    {State::valid, "valid"},
    {State::invalid, "invalid"},
    {State::deactivated, "deactivated"},
    {State::expired, "expired"},
    {State::revoked, "revoked"},
}};

struct Move {
    Resource resource;
    State from, to;
};

// RFC 8555 section 7.1.6, row by row. An order that is created ready (authorizations reused or granted) starts there;
// finalize is synchronous, so ready goes to valid without a stop in processing.
constexpr std::array<Move, 17> k_moves{{
    {Resource::challenge, State::pending, State::processing},
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
    {Resource::challenge, State::processing, State::processing},  // another attempt (section 8.2)
}};

}  // namespace

std::string_view state_name(State state) {
    for (const auto& [value, name] : k_states) {
        if (value == state) return name;
    }
    return "invalid";
}

std::optional<State> parse_state(std::string_view name) {
    for (const auto& [value, text] : k_states) {
        if (text == name) return value;
    }
    return std::nullopt;
}

bool may_move(Resource resource, State from, State to) {
    return std::ranges::any_of(
        k_moves, [&](const Move& move) { return move.resource == resource && move.from == from && move.to == to; });
}

}  // namespace signet::acme
