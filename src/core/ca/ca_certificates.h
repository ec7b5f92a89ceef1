#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "ca/ceremony.h"
#include "x509/certificate.h"

namespace signet::ca {

/// CA certificates begin this much earlier than they are made: clocks of other machines are behind.
inline constexpr base::Duration k_ca_backdate = std::chrono::hours(1);

/// Keys and certificates of a new CA, in memory.
struct NewAuthority {
    crypto::PrivateKey root_key;
    x509::Certificate root;
    std::optional<crypto::PrivateKey> issuing_key;  // absent for root_only
    std::optional<x509::Certificate> issuing;
};

/// What a request for an issuing CA below a root that is elsewhere says. Throws as check_init does.
struct ExternalPlan {
    x509::DistinguishedName subject;
    x509::NameConstraints constraints;
};
ExternalPlan plan_external(const InitRequest& request);

/// Makes what the request asks for, by the rules of the CA's own certificates (RFC 5280 sections 4.2.1.3, 4.2.1.9):
/// nothing is written. Throws bad_input for a subject that is none, refused for lifetimes that cannot be.
NewAuthority make_authority(const InitRequest& request, base::Time now, base::Random& random);

/// Options of the request that say something else than the certificates that are there, one sentence each.
std::vector<std::string> differences(const InitRequest& request, const AuthorityFiles& files);

}  // namespace signet::ca
