#include "x509/path_checks.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "x509/policy_tree.h"

namespace signet::x509 {
namespace {

constexpr std::size_t k_longest_description = 300;

std::string quoted(const Certificate& certificate) { return "\"" + describe(certificate) + "\""; }

void check_validity(const Certificate& certificate, base::Time at, std::vector<Finding>& out) {
    // Times in certificates are whole seconds, and the last one belongs to the validity (section 4.1.2.5).
    const base::Time second = std::chrono::floor<std::chrono::seconds>(at);
    if (second < certificate.not_before()) {
        out.push_back({0, "not-yet-valid", "RFC 5280 section 6.1.3 (a)(2)",
                       quoted(certificate) + " is valid from " + base::format_time(certificate.not_before()) +
                           " only; the time is " + base::format_time(at),
                       "wait, or set the clock right"});
    }
    if (second > certificate.not_after()) {
        out.push_back({0, "expired", "RFC 5280 section 6.1.3 (a)(2)",
                       quoted(certificate) + " expired at " + base::format_time(certificate.not_after()) +
                           "; the time is " + base::format_time(at),
                       "renew it, or set the clock right"});
    }
}

const char* purpose_oid(Purpose purpose) { return purpose == Purpose::server ? k_server_auth : k_client_auth; }
const char* purpose_name(Purpose purpose) { return purpose == Purpose::server ? "serverAuth" : "clientAuth"; }

void check_purpose(const Certificate& certificate, Purpose purpose, std::vector<Finding>& out) {
    const auto* usages = certificate.extended_key_usage();
    if (purpose == Purpose::any || usages == nullptr) return;
    const bool listed = std::any_of(usages->begin(), usages->end(), [&](const std::string& oid) {
        return oid == purpose_oid(purpose) || oid == k_any_purpose;
    });
    if (listed) return;
    out.push_back({0, "extended-key-usage", "RFC 5280 section 4.2.1.12",
                   quoted(certificate) + " is not for " + purpose_name(purpose),
                   std::string("use a certificate with ") + purpose_name(purpose) + ", below issuers that permit it"});
}

/// Section 4.2.1.12: the key usage must fit the purpose too, where both are there.
void check_leaf_usage(const Certificate& leaf, Purpose purpose, std::vector<Finding>& out) {
    if (purpose == Purpose::any || !leaf.key_usage()) return;
    KeyUsages fitting = usage_bit(KeyUsage::digital_signature) | usage_bit(KeyUsage::key_agreement);
    if (purpose == Purpose::server) fitting |= usage_bit(KeyUsage::key_encipherment);
    if ((*leaf.key_usage() & fitting) != 0) return;
    out.push_back({0, "key-usage", "RFC 5280 section 4.2.1.12",
                   "the key usage of " + quoted(leaf) + " permits no TLS handshake",
                   "use a certificate with digitalSignature"});
}

/// Rules that one line of the report stands for. What is in no list belongs to the last line, "form".
struct CheckGroup {
    std::string what;
    std::vector<std::string_view> rules;
};

std::vector<CheckGroup> check_groups(const PathRequest& request, std::size_t certificates) {
    const std::string count = std::to_string(certificates) + (certificates == 1 ? " certificate" : " certificates");
    std::vector<CheckGroup> groups{
        {"chain of " + count + " to a trust anchor", {"untrusted-root", "no-issuer"}},
        {"signatures", {"signature", "algorithm"}},
        {"validity at " + base::format_time(request.at), {"expired", "not-yet-valid"}},
        {"CA rights, path lengths, name constraints and policies",
         {"basic-constraints", "cert-sign", "path-length", "name-constraints", "constraint-syntax", "depth", "policy"}},
    };
    if (request.purpose != Purpose::any) {
        groups.push_back({std::string("purpose ") + (request.purpose == Purpose::server ? "server" : "client"),
                          {"extended-key-usage", "key-usage"}});
    }
    if (request.revocation.any())
        groups.push_back({request.revocation.soft ? "revocation, as far as it is known" : "revocation",
                          {"revoked", "revocation-unknown"}});
    groups.push_back({"keys, serial numbers and extensions", {}});
    return groups;
}

}  // namespace

std::vector<Check> checks_made(const PathRequest& request, std::size_t certificates,
                               const std::vector<Finding>& findings) {
    const std::vector<CheckGroup> groups = check_groups(request, certificates);
    std::vector<Check> out;
    for (const CheckGroup& group : groups) out.push_back({group.what, true});
    for (const Finding& finding : findings) {
        const auto group = std::find_if(groups.begin(), groups.end() - 1, [&](const CheckGroup& g) {
            return std::find(g.rules.begin(), g.rules.end(), finding.rule) != g.rules.end();
        });
        out[static_cast<std::size_t>(group - groups.begin())].passed = false;
    }
    return out;
}

std::string describe(const Certificate& certificate) {
    std::string text = "serial " + certificate.serial_hex();
    if (!certificate.subject().empty())
        text = certificate.subject().text();
    else if (!certificate.names().empty())
        text = certificate.names()[0].text();
    if (text.size() <= k_longest_description) return text;
    text.resize(k_longest_description);
    while ((text.back() & 0xc0) == 0x80) text.pop_back();  // not within a character
    if ((text.back() & 0x80) != 0) text.pop_back();
    return text + "...";
}

std::vector<Finding> certificate_findings(const Certificate& certificate, Role role, const PathRequest& request) {
    std::vector<Finding> out;
    check_validity(certificate, request.at, out);
    for (Finding& broken : broken_rules(certificate, role)) {
        broken.message = quoted(certificate) + ": " + broken.message;
        out.push_back(std::move(broken));
    }
    check_purpose(certificate, request.purpose, out);
    if (role == Role::leaf) check_leaf_usage(certificate, request.purpose, out);
    return out;
}

std::vector<Finding> issuer_findings(const Certificate& issuer, const std::vector<Certificate>& below,
                                     ConstraintChecker& checker) {
    std::vector<Finding> out;
    const auto constraints = issuer.basic_constraints();
    const auto counted =
        std::count_if(below.begin() + 1, below.end(), [](const Certificate& c) { return !c.self_issued(); });
    if (constraints && constraints->path_length && counted > *constraints->path_length) {
        out.push_back({static_cast<int>(below.size()), "path-length", "RFC 5280 section 6.1.4 (l)",
                       quoted(issuer) + " permits " + std::to_string(*constraints->path_length) +
                           " CAs below it, there are " + std::to_string(counted),
                       "use a shorter chain, or have this CA certificate issued again with a longer path length"});
    }
    for (std::size_t i = 0; issuer.name_subtrees() && i < below.size(); ++i) {
        if (i != 0 && below[i].self_issued()) continue;  // section 6.1.3 (b)
        const std::string why = checker.violation(issuer, below[i]);
        if (why.empty()) continue;
        out.push_back({static_cast<int>(i), "name-constraints", "RFC 5280 section 6.1.3 (b)",
                       "the constraints of " + quoted(issuer) + " forbid it: " + why,
                       "use names that this CA may certify, or another CA"});
    }
    return out;
}

std::vector<Finding> whole_path_findings(const std::vector<Certificate>& chain, const PathRequest& request) {
    std::vector<Finding> out;
    const int between = std::max(0, static_cast<int>(chain.size()) - 2);
    if (request.max_depth && between > *request.max_depth) {
        out.push_back({between, "depth", "RFC 5280 section 6.1",
                       "the chain has " + std::to_string(between) + " intermediates, " +
                           std::to_string(*request.max_depth) + " at most were asked for",
                       "raise --max-depth, or use a shorter chain"});
    }
    if (const int index = policy_failure(chain); index >= 0) {
        out.push_back({index, "policy", "RFC 5280 section 6.1.3 (f)",
                       "no certificate policy is valid for the whole chain, and an issuer requires one",
                       "use certificates whose policies agree"});
    }
    return out;
}

namespace {

/// RFC 9608 section 4: nobody publishes the status of such a certificate.
bool owes_status(const Certificate& certificate, int index, const RevocationDuty& duty) {
    if (certificate.no_revocation_available()) return false;
    return duty.all || (duty.leaf && index == 0) || (duty.names_crl && !certificate.crl_urls().empty()) ||
           (duty.names_ocsp && !certificate.ocsp_urls().empty());
}

}  // namespace

std::optional<Finding> revocation_finding(const Certificate& certificate, int index, const RevocationStatus& status,
                                          const RevocationDuty& duty) {
    if (status.state == RevocationStatus::State::revoked) {
        return Finding{index, "revoked", "RFC 5280 section 6.1.3 (a)(3)", quoted(certificate) + " is " + status.why,
                       "have a new one issued, with a new key"};
    }
    if (status.state == RevocationStatus::State::good || duty.soft || !owes_status(certificate, index, duty))
        return std::nullopt;
    return Finding{index, "revocation-unknown", "RFC 5280 section 6.3.3",
                   "whether " + quoted(certificate) + " is revoked cannot be told: " + status.why,
                   "give a current CRL of its issuer with --crl, have it asked for with --fetch or --ocsp, or let it "
                   "pass with --soft-fail"};
}

std::string revocation_warning(const Certificate& certificate, int index, const RevocationStatus& status,
                               const RevocationDuty& duty) {
    if (status.state != RevocationStatus::State::unknown || !duty.owed()) return "";
    if (certificate.no_revocation_available()) return "";
    if (!duty.soft && owes_status(certificate, index, duty)) return "";  // a finding
    return "whether " + quoted(certificate) + " is revoked is not known: " + status.why;
}

Finding signature_finding(const Certificate& child, const Certificate& issuer, int index) {
    if (!child.signature_algorithm()) {
        return {index, "algorithm", "RFC 5280 section 6.1.3 (a)(1)",
                quoted(child) + " is signed with " + child.signature_algorithm_text() + ", which is not accepted",
                "have it issued again with SHA-256 or better"};
    }
    return {index, "signature", "RFC 5280 section 6.1.3 (a)(1)",
            "the signature of " + quoted(child) + " does not verify with the key of " + quoted(issuer),
            "use the issuer that signed it; several CAs may have this name"};
}

}  // namespace signet::x509
