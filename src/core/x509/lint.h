#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "x509/certificate.h"
#include "x509/certificate_rules.h"

namespace signet::x509 {

/// error: a MUST is broken, somebody will refuse it; warning: a SHOULD, or something known to hurt; notice: worth a
/// look.
enum class Severity { error, warning, notice };
std::string_view severity_name(Severity severity);

struct LintFinding {
    int certificate;  // counted from the leaf
    std::string id;   // stable: "key-usage-missing"
    Severity severity;
    std::string citation;  // "RFC 5280 section 4.2.1.3"
    std::string message;
    std::string remedy;
};

/// What makes a certificate one that other programs stumble over, beyond what path validation refuses.
struct LintRule {
    const char* id;
    Severity severity;
    const char* citation;
    const char* remedy;
    std::string (*fault)(const Certificate& certificate, Role role);  // empty when kept
};

std::span<const LintRule> lint_rules();       // RFC 5280, RFC 9608, what CA/B asks and a private CA should keep
std::span<const LintRule> name_lint_rules();  // names and subjects: RFC 5280, RFC 8399, RFC 9598
std::span<const LintRule> svid_lint_rules();  // SPIFFE X509-SVID: for certificates with a spiffe:// URI

/// Everything that one certificate breaks: the duties that path validation checks too (x509/certificate_rules), as
/// errors, and the tables above. In an anchor, which is trusted as it is, an error is a warning.
std::vector<LintFinding> lint(const Certificate& certificate, Role role, int index = 0);
/// What a draft is meant as.
struct DraftKind {
    bool svid = false;  // the rules of SPIFFE bind it
    /// Its subject stands in other certificates already and is kept as it is (RFC 5280 section 4.1.2.4).
    bool established_subject = false;
};
/// The errors alone, of a certificate that is yet to be signed (Certificate::unsigned_from): what no CA may sign. Of a
/// root too: that nobody is bound by its rules is no reason to break them.
std::vector<LintFinding> lint_draft(const Certificate& draft, const DraftKind& kind);
/// A chain, leaf first and anchor last, with what only neighbours show.
std::vector<LintFinding> lint_chain(const std::vector<Certificate>& chain);

}  // namespace signet::x509
