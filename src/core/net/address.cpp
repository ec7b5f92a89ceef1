#include "net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "net/http_fields.h"

namespace signet::net {

namespace {

/// An IPv6 prefix below which the four octets at `offset` are an IPv4 address that a gateway or the kernel may reach.
struct Embedding {
    std::array<std::uint8_t, 12> prefix;
    std::size_t prefix_size;
    std::size_t offset;
};
constexpr std::array<Embedding, 4> k_embeddings{{
    {{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, 12, 12},  // NAT64, RFC 6052
    {{0x20, 0x02}, 2, 2},                                     // 6to4, RFC 3056
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, 12, 12},     // IPv4-translated, RFC 2765
    {{}, 12, 12},                                             // IPv4-compatible, RFC 4291 section 2.5.5.1
}};

constexpr std::size_t k_v4_size = 4;
constexpr std::size_t k_v6_size = 16;

bool is_v4_mapped(base::ByteView octets) {
    constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return octets.size() == k_v6_size && std::equal(prefix.begin(), prefix.end(), octets.begin());
}

std::optional<Address> embedded(const Address& address) {
    if (!address.is_v6()) return std::nullopt;
    const auto& octets = address.octets();
    for (const auto& row : k_embeddings) {
        if (std::equal(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(row.prefix_size),
                       row.prefix.begin())) {
            return Address::from_octets(base::ByteView(octets).subspan(row.offset, k_v4_size));
        }
    }
    return std::nullopt;
}

struct Special {
    const char* cidr;
    const char* kind;
};
constexpr std::array<Special, 12> k_specials{{
    {"127.0.0.0/8", "a loopback address"},
    {"::1/128", "a loopback address"},
    {"0.0.0.0/8", "an unspecified address"},
    {"::/128", "the unspecified address"},
    {"169.254.0.0/16", "a link-local address"},
    {"fe80::/10", "a link-local address"},
    {"224.0.0.0/4", "a multicast address"},
    {"ff00::/8", "a multicast address"},
    {"255.255.255.255/32", "the broadcast address"},
    {"64:ff9b:1::/48", "an address behind a local NAT64"},  // RFC 8215
    {"2001::/32", "a Teredo address"},                      // RFC 4380
    {"fd00:ec2::254/128", "a cloud's metadata address"},
}};

const char* special_kind(const Address& address) {
    static const auto table = [] {
        std::vector<Cidr> cidrs;
        for (const auto& row : k_specials) cidrs.push_back(Cidr::parse(row.cidr, "special addresses"));
        return cidrs;
    }();
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].contains(address)) return k_specials[i].kind;
    }
    return nullptr;
}

bool any_contains(const std::vector<Cidr>& cidrs, const Address& address) {
    return std::any_of(cidrs.begin(), cidrs.end(), [&](const Cidr& cidr) { return cidr.contains(address); });
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
    const std::string copy(text);
    if (copy.find('\0') != std::string::npos) return std::nullopt;
    base::Bytes octets(k_v6_size);
    if (inet_pton(AF_INET6, copy.c_str(), octets.data()) == 1) return from_octets(octets);
    octets.resize(k_v4_size);
    if (inet_pton(AF_INET, copy.c_str(), octets.data()) == 1) return from_octets(octets);
    return std::nullopt;
}

Address Address::from_octets(base::ByteView octets) {
    if (octets.size() != k_v4_size && octets.size() != k_v6_size) {
        throw base::Error{base::Kind::internal, "an address has 4 or 16 octets"};
    }
    if (is_v4_mapped(octets)) octets = octets.subspan(12);
    Address address;
    address.octets_.assign(octets.begin(), octets.end());
    return address;
}

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (octets_.empty()) return "";
    inet_ntop(is_v6() ? AF_INET6 : AF_INET, octets_.data(), text.data(), static_cast<socklen_t>(text.size()));
    return text.data();
}

Cidr Cidr::parse(std::string_view text, std::string_view what) {
    const auto slash = text.find('/');
    const auto address_text = text.substr(0, slash);
    const auto address = Address::parse(address_text);
    const auto written_bits = address_text.find(':') == std::string_view::npos ? 32U : 128U;
    const auto prefix = slash == std::string_view::npos ? written_bits : parse_length(text.substr(slash + 1));
    // A mapped form counts as the IPv4 network that it means; a prefix that reaches beyond the mapping means nothing.
    const auto mapped_bits = address && !address->is_v6() ? written_bits - 32U : 0U;
    if (!address || !prefix || *prefix > written_bits || *prefix < mapped_bits) {
        throw base::Error{base::Kind::bad_input,
                          std::string(what) + ": " + base::printable(text) + " is no address and no network",
                          "write it like 10.0.0.0/8 or fd00::/8"};
    }
    Cidr cidr;
    cidr.octets_ = address->octets();
    cidr.prefix_ = static_cast<int>(*prefix - mapped_bits);
    for (std::size_t bit = static_cast<std::size_t>(cidr.prefix_); bit < cidr.octets_.size() * 8; ++bit) {
        cidr.octets_[bit / 8] = static_cast<std::uint8_t>(cidr.octets_[bit / 8] & ~(0x80U >> (bit % 8)));
    }
    return cidr;
}

bool Cidr::contains(const Address& address) const {
    const auto& other = address.octets();
    if (other.size() != octets_.size()) return false;
    for (std::size_t bit = 0; bit < static_cast<std::size_t>(prefix_); ++bit) {
        const auto mask = 0x80U >> (bit % 8);
        if ((octets_[bit / 8] & mask) != (other[bit / 8] & mask)) return false;
    }
    return true;
}

std::string Cidr::text() const { return Address::from_octets(octets_).text() + "/" + std::to_string(prefix_); }

bool AddressPolicy::denies(const Address& address) const { return any_contains(deny, address); }

std::optional<std::string> AddressPolicy::refusal(const Address& address) const {
    if (any_contains(deny, address)) return address.text() + " is in a denied network";
    if (any_contains(allow, address)) return std::nullopt;
    if (const char* kind = special_kind(address)) return address.text() + " is " + kind;
    if (const auto inner = embedded(address)) {
        if (const auto reason = refusal(*inner)) return address.text() + " stands for an IPv4 address: " + *reason;
    }
    return std::nullopt;
}

}  // namespace signet::net
