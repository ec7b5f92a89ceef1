#pragma once

#include <vector>

#include "ca/policy.h"
#include "ca/verdict.h"

namespace signet::ca {

/// The names that were asked for, each once, in their order.
std::vector<x509::Identifier> fold_names(const std::vector<x509::Identifier>& names);

/// What the profile says of names that somebody asked for: kinds, permit and deny lists, wildcards, their number.
/// Of more names than it permits the first max_names are looked at, a hundred at least.
void check_profile_names(const Profile& profile, const std::vector<x509::Identifier>& names, Verdict& verdict);

/// What the account itself may be given, whatever the profile permits to others.
void check_limits(const NameLimits& limits, const std::vector<x509::Identifier>& names, Verdict& verdict);

/// An ACME account gets what it has proved, and nothing else; a wildcard takes a proof for the wildcard.
void check_proofs(const Account& account, const std::vector<x509::Identifier>& names, Verdict& verdict);

/// RFC 5280 section 4.2.1.10, for every CA certificate above the leaf. A wildcard must lie within as a whole and may
/// not touch what is excluded.
void check_constraints(const IssuerFacts& issuer, const std::vector<x509::Identifier>& names, Verdict& verdict);

/// SPIFFE X509-SVID sections 2 and 5.2: exactly one URI, a SPIFFE ID with a path.
void check_spiffe_names(const std::vector<x509::Identifier>& names, Verdict& verdict);

}  // namespace signet::ca
