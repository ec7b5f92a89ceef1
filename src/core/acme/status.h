#pragma once

#include <optional>
#include <string_view>

#include "base/error.h"

namespace signet::acme {

/// The states of RFC 8555 section 7.1.6 as both ends spell them, apart from how a store keeps them.
enum class State { pending, processing, ready, valid, invalid, deactivated, expired, revoked };
std::string_view state_name(State state);
std::optional<State> parse_state(std::string_view name);

enum class Resource { challenge, authorization, order };
/// May this resource go from one state to the other? The diagrams of RFC 8555 section 7.1.6 as a table.
bool may_move(Resource resource, State from, State to);

}  // namespace signet::acme
