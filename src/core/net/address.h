#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace signet::net {

/// An IP address, 4 or 16 octets; an IPv4-mapped IPv6 address is kept as IPv4, so that no rule can be side-stepped.
class Address {
public:
    static std::optional<Address> parse(std::string_view text);
    static Address from_octets(base::ByteView octets);
    const base::Bytes& octets() const { return octets_; }
    bool is_v6() const { return octets_.size() == 16; }
    std::string text() const;  // RFC 5952
    friend auto operator<=>(const Address&, const Address&) = default;

private:
    base::Bytes octets_;
};

/// "10.0.0.0/8", "fd00::/8", or a single address.
class Cidr {
public:
    static Cidr parse(std::string_view text, std::string_view what);  // throws bad_input
    bool contains(const Address& address) const;
    std::string text() const;

private:
    base::Bytes octets_;
    int prefix_ = 0;
};

/// Which addresses validation may connect to: loopback, link-local, multicast, broadcast and
/// unspecified ones are denied unless allowed; deny wins over allow; private ranges are fine.
struct AddressPolicy {
    std::vector<Cidr> allow;
    std::vector<Cidr> deny;
    /// nullopt when permitted, else the reason: "127.0.0.1 is a loopback address".
    std::optional<std::string> refusal(const Address& address) const;
    bool denies(const Address& address) const;  // by `deny`
};

}  // namespace signet::net
