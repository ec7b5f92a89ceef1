#include "cli/verify_report.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace signet::cli {
namespace {

using base::Json;

constexpr std::size_t k_widest_names = 60;

std::string joined_names(const x509::Certificate& certificate) {
    std::vector<std::string> names;
    for (const auto& name : certificate.names()) names.push_back(name.text());
    return base::join(names, ", ");
}

std::string title(const x509::Certificate& certificate) {
    std::string text = certificate.names().empty() ? certificate.subject().text() : joined_names(certificate);
    if (text.size() > k_widest_names) text = text.substr(0, k_widest_names) + "…";
    return base::printable(text, 4 * k_widest_names);
}

/// A chain ends with its first certificate.
base::Time chain_end(const std::vector<x509::Certificate>& chain) {
    base::Time end = chain.front().not_after();
    for (const auto& certificate : chain) end = std::min(end, certificate.not_after());
    return end;
}

std::int64_t days_left(const inspect::VerifyReport& report) {
    return std::chrono::floor<std::chrono::days>(chain_end(report.chain) - report.at).count();
}

Json chain_json(const inspect::VerifyReport& report) {
    Json out = Json::array();
    for (const auto& certificate : report.chain) out.push_back(certificate_json(certificate, report.at));
    return out;
}

Json whole_json(std::string_view target, const inspect::VerifyReport& report) {
    Json out = inspect::report_json(report);
    out["target"] = target;
    out["days_left"] = days_left(report);
    out["chain"] = chain_json(report);
    return out;
}

void print_chain(Output& out, const inspect::VerifyReport& report) {
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < report.chain.size(); ++i) {
        const auto& certificate = report.chain[i];
        rows.push_back({std::to_string(i), title(certificate), base::format_time(certificate.not_after()),
                        certificate.serial_hex()});
    }
    out.table({"", "CERTIFICATE", "NOT AFTER", "SERIAL"}, rows);
    out.line("");
}

void print_lint(Output& out, const std::vector<x509::LintFinding>& findings) {
    for (const auto& finding : findings) {
        const Colour colour = finding.severity == x509::Severity::error ? Colour::red : Colour::yellow;
        out.line(out.paint(colour, std::string(x509::severity_name(finding.severity))) + " certificate " +
                 std::to_string(finding.certificate) + ": " + base::printable(finding.message, 500) + " [" +
                 finding.id + ", " + finding.citation + "]");
    }
}

void print_verdict(Output& out, std::string_view target, const inspect::VerifyReport& report) {
    for (const auto& check : report.checks) {
        out.line((check.passed ? out.paint(Colour::green, "ok    ") : out.paint(Colour::red, "FAIL  ")) + check.what);
    }
    for (const auto& warning : report.warnings)
        out.line(out.paint(Colour::yellow, "note  ") + base::printable(warning, 500));
    if (report.lint) print_lint(out, *report.lint);
    out.line("");
    if (report.valid()) {
        out.line(out.paint(Colour::green, "valid") + ": " + std::string(target) + ", until " +
                 base::format_time(chain_end(report.chain)) + " (" +
                 base::describe_duration(chain_end(report.chain) - report.at) + ")");
        return;
    }
    out.line(out.paint(Colour::red, "not valid") + ": " + std::string(target));
    for (const auto& finding : report.findings) {
        out.line("  certificate " + std::to_string(finding.certificate) + ": " + base::printable(finding.message, 500));
        out.line("    rule: " + finding.rule + " (" + finding.section + ")");
        out.line("    try: " + finding.remedy);
    }
}

std::string identity_text(const inspect::PeerIdentity& identity) {
    return identity.kind.empty() ? "none" : base::printable(identity.value, 300) + " (" + identity.kind + ")";
}

std::string open_doors(const inspect::MtlsReport& doors) {
    if (!doors.accepted) return "the client's own certificate is not accepted: " + doors.acceptance;
    std::vector<std::string> open;
    for (const auto& door : doors.doors)
        if (door.state == inspect::Door::State::open) open.push_back(door.what);
    return "doors stand open: " + base::join(open, ", ");
}

void print_doors(Output& out, const inspect::MtlsReport& report) {
    std::vector<std::vector<std::string>> rows;
    rows.push_back({"the client's own certificate", report.accepted ? "accepted" : "refused",
                    base::printable(report.acceptance, 200)});
    for (const auto& door : report.doors) {
        const std::string word(inspect::door_state_name(door.state));
        rows.push_back(
            {door.what, door.state == inspect::Door::State::open ? "OPEN" : word, base::printable(door.detail, 200)});
    }
    out.table({"DOOR", "RESULT", "HOW"}, rows);
    out.line("");
}

}  // namespace

void print_report(Output& out, std::string_view target, const inspect::VerifyReport& report) {
    if (out.json()) {
        out.document(whole_json(target, report));
        return;
    }
    print_chain(out, report);
    print_verdict(out, target, report);
}

void print_refusal(Output& out, std::string_view target, const inspect::MtlsReport& doors) {
    if (out.json()) {
        out.document(
            {{"valid", false}, {"reason", open_doors(doors)}, {"target", target}, {"mtls", inspect::mtls_json(doors)}});
        return;
    }
    print_doors(out, doors);
    out.line(out.paint(Colour::red, "not valid") + ": " + base::printable(open_doors(doors), 500));
}

void print_probe(Output& out, std::string_view target, const inspect::ProbeReport& report,
                 const inspect::MtlsReport* doors) {
    const net::TlsHandshake& handshake = report.handshake;
    if (out.json()) {
        Json whole = whole_json(target, report.verification);
        Json names = Json::array();
        for (const auto& name : handshake.chain.front().names()) names.push_back(name.text());
        whole["handshake"] = {{"address", handshake.peer.text()},
                              {"protocol", handshake.protocol},
                              {"cipher", handshake.cipher},
                              {"group", handshake.group},
                              {"alpn", handshake.alpn},
                              {"client_certificate_requested", handshake.client_certificate_requested},
                              {"identity", std::move(names)},
                              {"certificates_sent", handshake.chain.size()}};
        whole["peer_identity"] = {
            {"kind", report.identity.kind}, {"value", report.identity.value}, {"warning", report.identity.warning}};
        whole["chain_remarks"] = report.chain_remarks;
        whole["stapled_ocsp"] = report.stapled;
        if (doors != nullptr) {
            whole["mtls"] = inspect::mtls_json(*doors);
            whole["valid"] = report.verification.valid() && doors->tight();
            if (report.verification.valid() && !doors->tight()) whole["reason"] = open_doors(*doors);
        }
        out.document(whole);
        return;
    }
    out.facts({{"address", handshake.peer.text()},
               {"protocol", handshake.protocol},
               {"cipher", handshake.cipher},
               {"group", handshake.group},
               {"alpn", handshake.alpn},
               {"client certificate", handshake.client_certificate_requested ? "requested" : "not requested"},
               {"peer identity", identity_text(report.identity)},
               {"peer names", base::printable(joined_names(handshake.chain.front()), 500)},
               {"stapled OCSP", base::printable(report.stapled, 300)},
               {"days left", std::to_string(days_left(report.verification))}});
    out.line("");
    print_chain(out, report.verification);
    for (const auto& remark : report.chain_remarks) out.line(out.paint(Colour::yellow, "note  ") + remark);
    if (!report.identity.warning.empty()) out.line(out.paint(Colour::yellow, "note  ") + report.identity.warning);
    if (doors != nullptr) print_doors(out, *doors);
    print_verdict(out, target, report.verification);
    if (doors != nullptr && !doors->tight()) out.line(out.paint(Colour::red, "not valid") + ": " + open_doors(*doors));
}

}  // namespace signet::cli
