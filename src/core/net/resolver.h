#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"

namespace signet::net {

/// A CAA record (RFC 8659 section 4.1). Tag and value are the bytes that came.
struct CaaRecord {
    bool critical;
    std::string tag, value;
};

/// The DNS seam. Names are in canonical form (x509::Identifier). All throw Error{dns} for SERVFAIL, REFUSED, time-outs
/// and malformed answers; a name that does not exist, or has no such record, is an empty answer. Thread-safe.
class Resolver {
public:
    virtual ~Resolver() = default;
    /// IPv6 and IPv4 addresses, at most 32, in the order to try them.
    virtual std::vector<Address> addresses(const std::string& name) = 0;
    /// Each TXT record with its character-strings joined; CNAMEs followed; at most 64 records.
    virtual std::vector<std::string> texts(const std::string& name) = 0;
    /// The CAA records of this very name, none of its parents'; CNAMEs followed. More than 64 records are an error:
    /// each may be the one that forbids.
    virtual std::vector<CaaRecord> caa(const std::string& name) = 0;
};

/// c-ares. `server` is "ADDR:PORT", then DNS only; "" means: addresses as the system resolves them (getaddrinfo: hosts
/// file, NSS; with another C library than glibc DNS only), TXT and CAA from the servers of resolv.conf. No search list
/// either way: a name is what it says.
std::unique_ptr<Resolver> make_resolver(const std::string& server,
                                        std::chrono::milliseconds timeout = std::chrono::seconds(5));

}  // namespace signet::net
