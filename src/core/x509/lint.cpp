#include "x509/lint.h"

#include <algorithm>

#include "base/text.h"

namespace signet::x509 {
namespace {

/// Rules about a subject, which whoever certifies it again does not choose.
constexpr std::string_view k_subject_rules[] = {"subject-length", "subject-empty-value"};

constexpr auto k_every = [](const LintRule&) { return true; };

template <class Wanted>
void apply(std::span<const LintRule> rules, const Certificate& certificate, Role role, const Wanted& wanted,
           std::vector<LintFinding>& out) {
    for (const LintRule& rule : rules) {
        if (!wanted(rule)) continue;
        if (std::string fault = rule.fault(certificate, role); !fault.empty())
            out.push_back({0, rule.id, rule.severity, rule.citation, std::move(fault), rule.remedy});
    }
}

bool is_svid(const Certificate& certificate) {
    const auto& names = certificate.general_names();
    return std::any_of(names.begin(), names.end(), [](const GeneralName& name) {
        return name.kind == GeneralName::Kind::uri && base::lower(name.text()).starts_with("spiffe:");
    });
}

void add_broken(const Certificate& certificate, Role role, std::vector<LintFinding>& out) {
    for (Finding& broken : broken_rules(certificate, role)) {
        out.push_back({0, std::move(broken.rule), Severity::error, std::move(broken.section), std::move(broken.message),
                       std::move(broken.remedy)});
    }
}

constexpr char k_again[] = "have the certificate issued again by a CA that keeps RFC 5280";

void compare(const Certificate& child, const Certificate& issuer, int index, std::vector<LintFinding>& out) {
    const auto add = [&](const char* id, Severity severity, const char* citation, std::string message,
                         const char* remedy) {
        out.push_back({index, id, severity, citation, std::move(message), remedy});
    };
    const auto wanted = child.authority_key_id(), there = issuer.subject_key_id();
    if (wanted && there && *wanted != *there) {
        add("authority-key-mismatch", Severity::error, "RFC 5280 section 4.2.1.1",
            "its authority key identifier is not the subject key identifier of its issuer", k_again);
    }
    if (child.issuer().der() != issuer.subject().der()) {
        add("issuer-bytes", Severity::warning, "RFC 5280 section 4.1.2.6",
            "the issuer field is not the issuer's subject octet by octet: some programs compare them so", k_again);
    }
    if (child.not_after() > issuer.not_after()) {
        add("outlives-issuer", Severity::warning, "RFC 5280 section 6.1.3 (a)(2)",
            "it ends at " + base::format_time(child.not_after()) + ", after its issuer (" +
                base::format_time(issuer.not_after()) + "): the chain ends with the issuer",
            "renew the issuer in time, or issue for a shorter time");
    }
}

}  // namespace

std::string_view severity_name(Severity severity) {
    switch (severity) {
        case Severity::error:
            return "error";
        case Severity::warning:
            return "warning";
        case Severity::notice:
            return "notice";
    }
    return "";
}

std::vector<LintFinding> lint(const Certificate& certificate, Role role, int index) {
    std::vector<LintFinding> out;
    add_broken(certificate, role, out);
    apply(lint_rules(), certificate, role, k_every, out);
    apply(name_lint_rules(), certificate, role, k_every, out);
    if (is_svid(certificate)) apply(svid_lint_rules(), certificate, role, k_every, out);
    for (LintFinding& finding : out) {
        finding.certificate = index;
        if (role == Role::anchor && finding.severity == Severity::error) finding.severity = Severity::warning;
    }
    return out;
}

std::vector<LintFinding> lint_draft(const Certificate& draft, const DraftKind& kind) {
    const auto wanted = [&](const LintRule& rule) {
        const bool about_subject = std::ranges::find(k_subject_rules, rule.id) != std::end(k_subject_rules);
        return rule.severity == Severity::error && !(about_subject && kind.established_subject);
    };
    const Role role = draft.is_ca() ? Role::intermediate : Role::leaf;
    std::vector<LintFinding> out;
    add_broken(draft, role, out);
    apply(lint_rules(), draft, role, wanted, out);
    apply(name_lint_rules(), draft, role, wanted, out);
    if (kind.svid) apply(svid_lint_rules(), draft, role, wanted, out);
    return out;
}

std::vector<LintFinding> lint_chain(const std::vector<Certificate>& chain) {
    std::vector<LintFinding> out;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        const int index = static_cast<int>(i);
        const bool last = i + 1 == chain.size();
        const Role role = i == 0 ? Role::leaf : last ? Role::anchor : Role::intermediate;
        auto found = lint(chain[i], role, index);
        std::move(found.begin(), found.end(), std::back_inserter(out));
        if (!last) compare(chain[i], chain[i + 1], index, out);
    }
    return out;
}

}  // namespace signet::x509
