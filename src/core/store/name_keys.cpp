#include "store/name_keys.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "x509/identifier.h"

namespace signet::store {

namespace {

using x509::Identifier;

constexpr std::size_t k_longest_key = 255;  // of a URI that is longer, the start is enough to find it by

std::string turned_round(std::string_view domain) {
    std::string result;
    auto labels = base::split(domain, '.');
    for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
        if (label != labels.rbegin()) result += '.';
        result += *label;
    }
    return result;
}

// Every character of a name is above '!', so nothing stands between a key and what follows it.
NameRange only(std::string key) {
    std::string after = key + "!";
    return {std::move(key), std::move(after)};
}

NameRange starting_with(std::string prefix) {
    std::string after = prefix;
    ++after.back();
    return {std::move(prefix), std::move(after)};
}

// Without the family, 4 octets and 16 would mix.
std::string address_key(std::string_view address) {
    const auto octets = Identifier::ip(address).octets();
    constexpr std::string_view digits = "0123456789abcdef";
    std::string key = octets.size() == 4 ? "i4" : "i6";
    for (const auto octet : octets) {
        key += digits[octet >> 4];
        key += digits[octet & 15];
    }
    return key;
}

std::string uri_key(std::string_view uri) { return "u" + std::string(uri.substr(0, k_longest_key)); }

std::string email_key(std::string_view address) {
    const auto at = address.rfind('@');
    return "e" + turned_round(address.substr(at + 1)) + "@" + std::string(address.substr(0, at));
}

Identifier::Type type_of(std::string_view name) {
    try {
        return Identifier::parse(name).type();
    } catch (const base::Error&) {
        return Identifier::Type::dns;  // whatever it is, it is found by its own text
    }
}

}  // namespace

std::string name_key(std::string_view name) {
    switch (type_of(name)) {
        case Identifier::Type::dns:
            return "d" + turned_round(name);
        case Identifier::Type::ip:
            return address_key(name);
        case Identifier::Type::uri:
            return uri_key(name);
        case Identifier::Type::email:
            return email_key(name);
    }
    return {};
}

NameRange exactly_name(std::string_view name) { return only(name_key(name)); }
NameRange dns_names_below(std::string_view base) { return starting_with("d" + turned_round(base) + "."); }
NameRange addresses_between(std::string_view first, std::string_view last) {
    return {address_key(first), address_key(last) + "!"};
}
NameRange uris_starting_with(std::string_view start) { return starting_with(uri_key(start)); }
NameRange all_email_addresses() { return starting_with("e"); }
NameRange email_addresses_of(std::string_view domain) { return starting_with("e" + turned_round(domain) + "@"); }

}  // namespace signet::store
