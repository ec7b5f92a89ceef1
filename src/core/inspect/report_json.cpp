#include <nlohmann/json.hpp>

#include "inspect/verify.h"

namespace signet::inspect {

static base::Json lint_json(const std::vector<x509::LintFinding>& findings) {
    base::Json out = base::Json::array();
    for (const x509::LintFinding& finding : findings) {
        out.push_back({{"certificate", finding.certificate},
                       {"id", finding.id},
                       {"severity", x509::severity_name(finding.severity)},
                       {"citation", finding.citation},
                       {"message", finding.message},
                       {"remedy", finding.remedy}});
    }
    return out;
}

base::Json report_json(const VerifyReport& report) {
    base::Json findings = base::Json::array();
    for (const x509::Finding& finding : report.findings) {
        findings.push_back({{"certificate", finding.certificate},
                            {"rule", finding.rule},
                            {"section", finding.section},
                            {"message", finding.message},
                            {"remedy", finding.remedy}});
    }
    base::Json checks = base::Json::array();
    for (const x509::Check& check : report.checks) checks.push_back({{"check", check.what}, {"passed", check.passed}});
    base::Json out{{"valid", report.valid()},
                   {"reason", report.valid() ? "" : report.findings.front().message},
                   {"purpose", purpose_name(report.purpose)},
                   {"at", base::format_time(report.at)},
                   {"findings", std::move(findings)},
                   {"checks", std::move(checks)},
                   {"warnings", report.warnings}};
    if (report.lint) out["lint"] = lint_json(*report.lint);
    return out;
}

}  // namespace signet::inspect
