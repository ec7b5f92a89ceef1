// Lint of whatever reads as a certificate, in each place of a chain.
#include "fuzz/fuzz.h"
#include "x509/lint.h"

namespace signet::fuzz {

void one_input(base::ByteView input) {
    const auto certificate = accepted([&] { return x509::Certificate::from_der(input); });
    if (!certificate) return;
    for (const auto role : {x509::Role::leaf, x509::Role::intermediate, x509::Role::anchor}) {
        for (const auto& finding : x509::lint(*certificate, role, 2)) {
            require(finding.certificate == 2, "a finding is about its certificate");
            require(!finding.id.empty() && !finding.message.empty(), "a finding says what is wrong");
            require(!finding.citation.empty() && !finding.remedy.empty(), "... why, and what mends it");
            require(role != x509::Role::anchor || finding.severity != x509::Severity::error,
                    "an anchor is trusted as it is");
        }
    }
    x509::lint_chain({*certificate, *certificate});
}

}  // namespace signet::fuzz
