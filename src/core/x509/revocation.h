#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "x509/certificate.h"
#include "x509/crl.h"
#include "x509/ocsp_response.h"

namespace signet::x509 {

/// What may tell whether a certificate is revoked, in any order, believed only where issuer, signature and time fit.
struct RevocationEvidence {
    std::vector<Crl> crls;
    std::vector<OcspResponse> responses;
    /// What was asked for and did not come: the certificate, and why.
    std::vector<std::pair<Certificate, std::string>> missed;
};

/// What path validation owes to revocation (RFC 5280 section 6.1.3 (a)(3)): which certificates must be covered by
/// evidence. What the evidence revokes is refused in any case.
struct RevocationDuty {
    bool all = false;         // every certificate below the anchor
    bool leaf = false;        // the leaf
    bool names_crl = false;   // those that name a distribution point
    bool names_ocsp = false;  // those that name an OCSP responder
    bool soft = false;        // not covered: a warning
    RevocationEvidence evidence;

    bool owed() const { return all || leaf || names_crl || names_ocsp; }
    bool any() const { return owed() || !evidence.crls.empty() || !evidence.responses.empty(); }
};

struct RevocationStatus {
    enum class State { good, revoked, unknown };
    State state;
    std::string why;  // revoked: since when and who says so; unknown: why the nearest evidence does not count
};

/// What the evidence says at that moment about a certificate that this issuer signed. One source that revokes is
/// enough; else one that is current and covers it makes it good, or several, for some reasons each. A CRL counts when
/// it is of the issuer's name and key, for this kind of certificate and for one of its distribution points, has a
/// number and is current (one that has ended still revokes what it lists); a delta CRL with the complete one that it
/// adds to (RFC 5280 sections 5.2 and 6.3.3). CRLs that others sign for the issuer do not count. An OCSP response
/// counts when the issuer or a responder that it certified for that has signed it, and it is current (RFC 6960
/// section 3.2).
RevocationStatus revocation_status(const Certificate& certificate, const Certificate& issuer,
                                   const RevocationEvidence& evidence, base::Time at);

}  // namespace signet::x509
