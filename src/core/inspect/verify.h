#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "crypto/key.h"
#include "x509/path.h"

namespace signet::inspect {

/// What an operator asks: is this chain good for that name and purpose, at that time, with that key?
struct VerifyRequest {
    std::vector<x509::Certificate> presented;      // leaf first; the others count as intermediates. Never empty
    std::vector<x509::Certificate> intermediates;  // more of them
    std::vector<x509::Certificate> anchors;
    std::vector<x509::Identifier> identities;  // each must be covered by a name of the leaf
    x509::Purpose purpose = x509::Purpose::any;
    base::Time at;
    std::optional<int> max_depth;
    std::optional<crypto::PublicKey> key;  // the leaf must hold this one
};

struct VerifyReport {
    bool valid() const { return findings.empty(); }
    x509::Purpose purpose = x509::Purpose::any;
    base::Time at;
    std::vector<x509::Certificate> chain;  // leaf first; of the best candidate when not valid
    std::vector<x509::Finding> findings;
    std::vector<x509::Check> checks;
};

/// Path (x509/path), names (RFC 9525: the SAN alone, never the CN) and key. Does not look at revocation.
VerifyReport verify(const VerifyRequest& request);

/// {"valid", "reason", "purpose", "at", "findings": [{"certificate", "rule", "section", "message", "remedy"}],
/// "checks": [{"check", "passed"}]}; the chain is the caller's to add.
base::Json report_json(const VerifyReport& report);
/// "server", "client", "any".
std::string_view purpose_name(x509::Purpose purpose);

}  // namespace signet::inspect
