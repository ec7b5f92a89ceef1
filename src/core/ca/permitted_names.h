#pragma once

#include <string>
#include <vector>

#include "x509/template.h"

namespace signet::ca {

/// --permit-dns, --permit-ip, --permit-uri as they were typed.
struct PermitWords {
    std::vector<std::string> dns, ip, uri;
    bool empty() const { return dns.empty() && ip.empty() && uri.empty(); }
};

/// Name constraints of a CA (RFC 5280 section 4.2.1.10). DNS: `y.internal`, itself and all below. IP: CIDR or address.
/// URI: `y.internal` that host (a SPIFFE trust domain), `.y.internal` the hosts below; a URI counts by its host.
/// Constraints bind each kind of name by itself, and hosts go by DNS names and addresses alike: when one of these two
/// is given, the other one is excluded as a whole. Throws bad_input naming the flag.
x509::NameConstraints name_constraints_from(const PermitWords& words);

/// "DNS y.internal, IP 10.0.0.0/8, not IP ::/0": for people. Empty for none.
std::string describe(const x509::NameConstraints& constraints);

}  // namespace signet::ca
