#include "inspect/verify.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "inspect/revocation_questions.h"

namespace signet::inspect {
namespace {

constexpr std::size_t k_names_shown = 5;
constexpr int k_most_rounds = 4;  // each passes over what the one before found revoked

std::string names_of(const x509::Certificate& leaf) {
    if (leaf.names().empty()) return "no name that signet knows";
    std::vector<std::string> shown;
    for (const auto& name : leaf.names()) {
        if (shown.size() == k_names_shown) {
            shown.push_back("and " + std::to_string(leaf.names().size() - k_names_shown) + " more");
            break;
        }
        shown.push_back(name.text());
    }
    return base::join(shown, ", ");
}

void check_identity(const x509::Certificate& leaf, const x509::Identifier& wanted, VerifyReport& out) {
    const bool covered = std::any_of(leaf.names().begin(), leaf.names().end(),
                                     [&](const x509::Identifier& name) { return x509::matches(name, wanted); });
    out.checks.push_back({"name " + wanted.text(), covered});
    if (covered) return;
    out.findings.push_back({0, "name", "RFC 9525 section 6",
                            "it is for " + names_of(leaf) + "; not for " + wanted.text(),
                            "use one of its names, or have a certificate issued for " + wanted.text()});
}

/// nullptr when the certificate's key cannot be read: then the path has a finding for it.
const crypto::PublicKey* key_of(const x509::Certificate& leaf) {
    try {
        return &leaf.public_key();
    } catch (const base::Error&) {
        return nullptr;
    }
}

void check_key(const x509::Certificate& leaf, const crypto::PublicKey& key, VerifyReport& out) {
    const crypto::PublicKey* certified = key_of(leaf);
    const bool same = certified != nullptr && *certified == key;
    out.checks.push_back({"key belongs to the certificate", same});
    if (same) return;
    out.findings.push_back({0, "key-pair", "RFC 5280 section 4.1.2.7",
                            "the key (" + key.describe() + ") is another one than the certificate's (" +
                                (certified == nullptr ? "one that cannot be read" : certified->describe()) + ")",
                            "use the key that the certificate was issued for, or have it issued again for this key"});
}

x509::RevocationDuty duty_of(const VerifyRequest& request) {
    x509::RevocationDuty duty;
    duty.all = !request.crls.empty();
    duty.leaf = request.response_given || request.ask_ocsp || request.fetch_crls;
    duty.names_crl = request.fetch_crls;
    duty.names_ocsp = request.ask_ocsp;
    duty.soft = request.soft_fail;
    duty.evidence = {request.crls, request.responses, {}};
    return duty;
}

/// What is asked depends on the chain, and the chain on what is answered: a revoked one makes way for another.
x509::PathResult judge(x509::PathRequest path, const VerifyRequest& request, const RevocationSources* sources) {
    const bool ask = sources != nullptr && (request.ask_ocsp || request.fetch_crls);
    x509::RevocationDuty duty = duty_of(request);
    if (!ask) {
        path.revocation = std::move(duty);
        return x509::validate_path(path);
    }
    x509::PathResult judged = x509::validate_path(path);
    if (!judged.valid()) return judged;  // nothing to ask about
    RevocationQuestions questions(request, *sources);
    for (int round = 0; round < k_most_rounds && questions.ask(judged.chain, duty.evidence); ++round) {
        path.revocation = duty;
        judged = x509::validate_path(path);
    }
    return judged;
}

void check_lint(VerifyReport& out) {
    out.lint = x509::lint_chain(out.chain);
    bool clean = true;
    for (const x509::LintFinding& finding : *out.lint) {
        if (finding.severity != x509::Severity::error) continue;
        clean = false;
        out.findings.push_back({finding.certificate, finding.id, finding.citation, finding.message, finding.remedy});
    }
    out.checks.push_back({"lint", clean});
}

}  // namespace

VerifyReport verify(const VerifyRequest& request, const RevocationSources* sources) {
    if (request.presented.empty()) throw base::Error{base::Kind::internal, "nothing to verify"};
    const x509::Certificate& leaf = request.presented.front();
    x509::PathRequest path{leaf,       request.intermediates, request.anchors,
                           request.at, request.purpose,       request.max_depth};
    path.intermediates.insert(path.intermediates.begin(), request.presented.begin() + 1, request.presented.end());
    path.signatures = request.signatures;
    path.brief = request.brief;

    VerifyReport out;
    out.purpose = request.purpose;
    out.at = request.at;
    if (request.brief) {
        for (const x509::Identifier& wanted : request.identities) check_identity(leaf, wanted, out);
        if (!out.valid()) return out;
    }
    x509::PathResult judged = judge(std::move(path), request, sources);
    out.chain = std::move(judged.chain);
    out.findings = std::move(judged.findings);
    out.checks = std::move(judged.checks);
    out.warnings = std::move(judged.warnings);
    if (!request.brief)
        for (const x509::Identifier& wanted : request.identities) check_identity(leaf, wanted, out);
    if (request.key) check_key(leaf, *request.key, out);
    if (request.lint) check_lint(out);
    return out;
}

std::string_view purpose_name(x509::Purpose purpose) {
    switch (purpose) {
        case x509::Purpose::any:
            return "any";
        case x509::Purpose::server:
            return "server";
        case x509::Purpose::client:
            return "client";
    }
    return "";
}

}  // namespace signet::inspect
