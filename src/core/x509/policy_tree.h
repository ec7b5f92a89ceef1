#pragma once

#include <vector>

#include "x509/certificate.h"

namespace signet::x509 {

/// RFC 5280 section 6.1 as far as certificate policies go, with any-policy as the initial set and no initial
/// requirement: does the path satisfy every requireExplicitPolicy in it? `chain` is leaf first, anchor last.
/// Returns the index of the certificate at which the tree of valid policies ran empty, or -1.
int policy_failure(const std::vector<Certificate>& chain);

}  // namespace signet::x509
