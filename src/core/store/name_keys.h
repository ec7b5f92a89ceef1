#pragma once

#include <string>
#include <string_view>

namespace signet::store {

// How the names of certificates are indexed: a DNS name and an e-mail address with their labels turned round, an
// address by its octets, so that what lies below a domain or in a network is one range of keys.

/// From `from` up to, and without, `to`.
struct NameRange {
    std::string from, to;
    bool contains(std::string_view key) const { return from <= key && key < to; }
};

/// The key of a name in the canonical text of x509::Identifier. The first character tells its type.
std::string name_key(std::string_view name);

NameRange exactly_name(std::string_view name);
/// Any depth under `base`, "*.base" too, not `base` itself.
NameRange dns_names_below(std::string_view base);
/// Of one address family, both ends included. Octets in network order.
NameRange addresses_between(std::string_view first, std::string_view last);
NameRange uris_starting_with(std::string_view start);
NameRange all_email_addresses();
NameRange email_addresses_of(std::string_view domain);

}  // namespace signet::store
