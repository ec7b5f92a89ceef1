#include <nlohmann/json.hpp>

#include "inspect/verify.h"

namespace signet::inspect {

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
    return {{"valid", report.valid()},
            {"reason", report.valid() ? "" : report.findings.front().message},
            {"purpose", purpose_name(report.purpose)},
            {"at", base::format_time(report.at)},
            {"findings", std::move(findings)},
            {"checks", std::move(checks)}};
}

}  // namespace signet::inspect
