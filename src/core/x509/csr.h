#pragma once

#include <vector>

#include "base/bytes.h"
#include "crypto/key.h"
#include "x509/distinguished_name.h"
#include "x509/identifier.h"
#include "x509/template.h"

namespace signet::x509 {

/// A PKCS#10 request (RFC 2986), parsed by our own reader with its own signature verified. Only the key, the names and
/// (for the rules about CN) the subject ever count; requested extensions beyond the SAN are noted, never honoured.
struct CertificateRequest {
    crypto::PublicKey public_key;
    DistinguishedName subject;
    std::vector<Identifier> names;         // of the SAN: DNS, IP, URI, e-mail
    std::vector<std::string> other_names;  // kinds of SAN entries that signet cannot issue ("otherName", "dirName")
    base::Bytes der;

    /// DER, exactly one. Throws bad_csr (syntax, signature) or bad_public_key.
    static CertificateRequest from_der(base::ByteView der);
    /// PEM "CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST", or DER, by content. Throws bad_input naming `what`, or
    /// as above.
    static CertificateRequest from_file_contents(std::string_view contents, std::string_view what);
};

/// DER of a request for `names` (critical SAN, empty subject), signed by `key`.
base::Bytes build_csr(const crypto::PrivateKey& key, const std::vector<Identifier>& names);
/// DER of a request for an issuing CA: subject, CA:TRUE with path length 0, keyCertSign, cRLSign, name constraints.
base::Bytes build_ca_csr(const crypto::PrivateKey& key, const DistinguishedName& subject,
                         const NameConstraints& constraints);

}  // namespace signet::x509
