#pragma once

#include <string>

#include "x509/certificate.h"

namespace signet::x509 {

/// Why the names of `subject` (subject field and SAN) fall outside the constraints of `issuer` (RFC 5280 section 6.1.3
/// (b) and (c)); empty when they do not. A wildcard name must fit whole: it is refused when anything that it covers
/// is excluded. Names of a kind that is constrained but not understood are refused. Work is bounded: beyond a million
/// comparisons the answer is a refusal.
std::string constraint_violation(const Certificate& issuer, const Certificate& subject);

}  // namespace signet::x509
