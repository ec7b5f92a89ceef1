#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/signature.h"
#include "x509/build.h"

namespace signet::x509 {

/// What stands around the entries of a CRL.
struct CrlFields {
    std::int64_t number;  // CRLNumber, not negative
    base::Time this_update, next_update;
    /// Distribution points of a CRL that is not for all certificates of its issuer (RFC 5280 section 5.2.5); empty: it
    /// is for all.
    std::vector<std::string> scope_urls = {};
};

/// Writes a version 2 CRL (RFC 5280 section 5) into one growing buffer, so that a million entries take their own 50 MB
/// and little more. Add the entries, sign `tbs()`, then `assemble`.
class CrlBuilder {
public:
    /// `expected_entries` only saves growing.
    CrlBuilder(const IssuerFields& issuer, crypto::SignatureAlgorithm algorithm, const CrlFields& fields,
               std::size_t expected_entries = 0);

    /// `serial` is the content octets of the certificate's INTEGER; a reason of 0 is left out (section 5.3.1). The
    /// caller adds no serial twice.
    void add(base::ByteView serial, base::Time revoked_at, int reason);
    std::size_t size() const { return entries_; }

    /// The finished TBSCertList; nothing can be added any more. Valid as long as the builder is not touched.
    base::ByteView tbs();
    /// The DER of the CertificateList. Ends the builder.
    base::Bytes assemble(base::ByteView signature);

private:
    void prepend(base::ByteView bytes);

    crypto::SignatureAlgorithm algorithm_;
    base::Bytes front_, extensions_;  // what stands before and after the entries
    base::Bytes buffer_;              // room for the front, then the entries
    std::size_t start_;
    std::size_t entries_ = 0;
    bool closed_ = false;
    std::int64_t last_time_ = -1;
    base::Bytes last_time_der_;
};

}  // namespace signet::x509
