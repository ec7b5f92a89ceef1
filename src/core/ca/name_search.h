#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "store/name_keys.h"

namespace signet::ca {

/// A pattern of names, as profiles spell them (ca/pattern.h), for looking names up: the range of the index that holds
/// all that can match, and which of those do.
struct NameSearch {
    store::NameRange range;
    std::function<bool(std::string_view name)> matches;
};

/// The form tells the kind: an address or a network (CIDR), something with ":" a URI, with "@" an e-mail address, else
/// a DNS name. nullopt for `**`, which every name matches. Throws bad_input for what is no pattern.
std::optional<NameSearch> parse_name_search(std::string_view pattern);

}  // namespace signet::ca
