#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "crypto/key.h"
#include "net/transport.h"
#include "x509/lint.h"
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
    std::optional<crypto::PublicKey> key = {};  // the leaf must hold this one
    std::vector<x509::Crl> crls = {};           // any: every certificate below the anchor must be covered
    std::vector<x509::OcspResponse> responses = {};
    bool response_given = false;  // by the operator: the leaf must be covered; else they were stapled, and help only
    bool ask_ocsp = false;        // of the responders that the certificates name
    bool fetch_crls = false;      // from their distribution points
    bool soft_fail = false;       // a status that cannot be told is a warning
    bool lint = false;
    x509::SignatureMemory* signatures = nullptr;  // for many requests over the same certificates
    bool brief = false;                           // one reason is enough, the cheapest
};

struct VerifyReport {
    bool valid() const { return findings.empty(); }
    x509::Purpose purpose = x509::Purpose::any;
    base::Time at;
    std::vector<x509::Certificate> chain;  // leaf first; of the best candidate when not valid
    std::vector<x509::Finding> findings;
    std::vector<x509::Check> checks;
    std::vector<std::string> warnings;
    std::optional<std::vector<x509::LintFinding>> lint;  // when asked for; an error in it spoils `valid` by a finding
};

/// Where revocation is asked about.
struct RevocationSources {
    net::Transport& transport;
    base::Random& random;  // nonces
};

/// Path with revocation (x509/path), names (RFC 9525: the SAN alone, never the CN), key, lint. `sources` may be null
/// when nothing is to be asked. What the network does not give is part of the report, not an error.
VerifyReport verify(const VerifyRequest& request, const RevocationSources* sources = nullptr);

/// {"valid", "reason", "purpose", "at", "findings": [{"certificate", "rule", "section", "message", "remedy"}],
/// "checks": [{"check", "passed"}]}; the chain is the caller's to add.
base::Json report_json(const VerifyReport& report);
/// "server", "client", "any".
std::string_view purpose_name(x509::Purpose purpose);

}  // namespace signet::inspect
