#pragma once

#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/signature.h"
#include "x509/certificate.h"
#include "x509/distinguished_name.h"
#include "x509/template.h"

namespace signet::x509 {

/// Who signs: its subject and key identifier. For a self-signed certificate, the template's own.
struct IssuerFields {
    DistinguishedName name;
    base::Bytes key_identifier;
};

/// RFC 5280 section 4.2.1.2 method (1): SHA-1 of the key bits, 20 octets.
base::Bytes key_identifier(const crypto::PublicKey& key);

/// The DER of the TBSCertificate: version 3, RFC 5280 exact, no empty extensions. Throws internal for a template
/// that no rule of policy should have let through (no key, serial of the wrong form, not_after before not_before).
base::Bytes encode_tbs(const Template& content, const IssuerFields& issuer, crypto::SignatureAlgorithm algorithm);
/// TBS, algorithm and signature joined: the DER of a Certificate.
base::Bytes assemble(base::ByteView tbs, crypto::SignatureAlgorithm algorithm, base::ByteView signature);

/// All three steps with a key at hand: throw-away keys (tls-alpn-01, probes, tests). The CA's key is guarded by
/// ca::Authority, which takes approved templates only.
Certificate build_certificate(const Template& content, const IssuerFields& issuer, const crypto::PrivateKey& key);
Certificate build_self_signed(const Template& content, const crypto::PrivateKey& key);

}  // namespace signet::x509
