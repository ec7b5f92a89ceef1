#pragma once

#include <string>
#include <vector>

#include "x509/certificate.h"
#include "x509/csr.h"
#include "x509/identifier.h"

namespace signet::client {

struct Certified {
    x509::Certificate leaf;
    std::vector<x509::Certificate> chain;    // after the leaf, without the anchor
    std::vector<x509::Certificate> anchors;  // empty when the source knows none
    std::vector<std::string> notes;
};

/// Where certificates come from: the seam under `issue`, `fetch` and `renew`. Real ones: StoreSource (in process,
/// through ca::Issuer) and AcmeSource (any RFC 8555 server).
class Source {
public:
    virtual ~Source() = default;
    virtual Certified certify(const x509::CertificateRequest& request, const std::vector<x509::Identifier>& names) = 0;
};

}  // namespace signet::client
