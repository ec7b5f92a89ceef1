#pragma once

#include <set>
#include <string>
#include <vector>

#include "inspect/verify.h"

namespace signet::inspect {

/// Asks the responders and distribution points that certificates name, each once.
class RevocationQuestions {
public:
    RevocationQuestions(const VerifyRequest& request, const RevocationSources& sources)
        : request_(request), sources_(sources) {}

    /// For each certificate below the anchor (the last of `chain`) of which nothing is known yet: OCSP first, then its
    /// CRLs. Adds to `evidence` what came, and what did not. False when there was nothing left to ask.
    bool ask(const std::vector<x509::Certificate>& chain, x509::RevocationEvidence& evidence);

private:
    bool first_time(const std::string& question) { return asked_.insert(question).second; }
    void ask_responders(const x509::Certificate& certificate, const x509::Certificate& issuer,
                        x509::RevocationEvidence& evidence);
    void fetch_crls(const x509::Certificate& certificate, x509::RevocationEvidence& evidence);
    std::string get(net::OutboundRequest request) const;

    const VerifyRequest& request_;
    const RevocationSources& sources_;
    std::set<std::string> asked_;
};

}  // namespace signet::inspect
