#pragma once

#include <vector>

#include "x509/certificate_rules.h"
#include "x509/name_constraints.h"
#include "x509/path.h"

namespace signet::x509 {

/// What makes a certificate unfit whatever its path: the rules of section 4, validity at the request's time, purpose.
std::vector<Finding> certificate_findings(const Certificate& certificate, Role role, const PathRequest& request);

/// What `issuer` forbids to the certificates below it, leaf first: path length and name constraints. `certificate` of
/// each finding is the issuer's index (path length) or that of the certificate with the name.
std::vector<Finding> issuer_findings(const Certificate& issuer, const std::vector<Certificate>& below,
                                     ConstraintChecker& checker);

/// What only the whole path shows: its depth and its policies. Leaf first, anchor last.
std::vector<Finding> whole_path_findings(const std::vector<Certificate>& chain, const PathRequest& request);

/// Why a certificate whose revocation has this status must not pass, `index` counted from the leaf; empty when it may.
std::optional<Finding> revocation_finding(const Certificate& certificate, int index, const RevocationStatus& status,
                                          const RevocationDuty& duty);
/// The same status where duty is soft: what to say; empty for nothing.
std::string revocation_warning(const Certificate& certificate, int index, const RevocationStatus& status,
                               const RevocationDuty& duty);

/// What was looked at in a path of so many certificates, and which of it the findings spoil.
std::vector<Check> checks_made(const PathRequest& request, std::size_t certificates,
                               const std::vector<Finding>& findings);

/// `child` is not signed by `issuer`.
Finding signature_finding(const Certificate& child, const Certificate& issuer, int index);

/// For messages: the subject, or the first name where there is none; cut when it is very long.
std::string describe(const Certificate& certificate);

}  // namespace signet::x509
