#pragma once

#include "x509/build.h"
#include "x509/lint.h"

namespace signet::ca {

/// The gate before every signature below a certificate, of a CA that is in the making too. The TBSCertificate, as it
/// stands in octets, is read by our own strict reader, compared with what was meant, and linted (RFC 5280, RFC 9608,
/// SPIFFE); only then is the key used. Throws refused with each rule that it breaks as a part, id and citation in the
/// message; internal when it says something else than the template.
x509::Certificate sign_certificate(const x509::Template& content, const x509::IssuerFields& issuer,
                                   const crypto::PrivateKey& key, const x509::DraftKind& kind = {});
/// The same for a root: issuer and key are its own.
x509::Certificate sign_itself(const x509::Template& content, const crypto::PrivateKey& key);

}  // namespace signet::ca
