#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/text.h"
#include "x509/der.h"
#include "x509/lint.h"

namespace signet::x509 {
namespace {

constexpr char k_issue_again[] = "have the certificate issued again by a CA that keeps the rule";
constexpr std::size_t k_serial_with_64_bits = 8;
constexpr auto k_day = std::chrono::hours(24);
constexpr auto k_public_limit = 398 * k_day;    // CA/B Baseline Requirements section 6.3.2
constexpr auto k_platform_limit = 825 * k_day;  // what Apple's systems take below roots that users added
constexpr auto k_short_lived = 10 * k_day;

bool has(const Certificate& certificate, KeyUsage usage) {
    return (certificate.key_usage().value_or(0) & usage_bit(usage)) != 0;
}

bool critical(const Certificate& certificate, const char* oid) {
    const auto* extension = certificate.find_extension(oid);
    return extension != nullptr && extension->critical;
}

bool present(const Certificate& certificate, const char* oid) { return certificate.find_extension(oid) != nullptr; }

std::string when(bool fault, const char* message) { return fault ? message : ""; }

bool lists(const Certificate& certificate, std::string_view purpose) {
    const auto* usages = certificate.extended_key_usage();
    return usages != nullptr && std::find(usages->begin(), usages->end(), purpose) != usages->end();
}

auto lifetime(const Certificate& certificate) { return certificate.not_after() - certificate.not_before(); }

std::string days(const Certificate& certificate) {
    return std::to_string(std::chrono::floor<std::chrono::days>(lifetime(certificate)).count()) + " days";
}

/// Fields that stand behind the key in a TBSCertificate, by their tag.
bool has_unique_id(const Certificate& certificate) {
    der::Reader outer(certificate.tbs_der());
    der::Reader fields = outer.sequence("tbsCertificate");
    while (!fields.at_end()) {
        const std::uint8_t tag = fields.any("tbsCertificate").tag;
        if (tag == der::context(1) || tag == der::context(2)) return true;
    }
    return false;
}

enum class KeyFamily { ec, edwards, other };
KeyFamily family(const Certificate& certificate) {
    try {
        const std::string name = certificate.public_key().describe();
        if (name.starts_with("ec")) return KeyFamily::ec;
        return name.starts_with("ed") || name.starts_with("ml-dsa") ? KeyFamily::edwards : KeyFamily::other;
    } catch (const base::Error&) {
        return KeyFamily::other;
    }
}

std::string serial_entropy(const Certificate& certificate, Role) {
    const std::size_t size = certificate.serial().size();
    return size >= k_serial_with_64_bits
               ? ""
               : "the serial number has " + std::to_string(size) + " octets: too few for 64 random bits";
}

std::string weak_signature(const Certificate& certificate, Role role) {
    if (certificate.signature_algorithm() || role == Role::anchor) return "";
    return "it is signed with " + certificate.signature_algorithm_text();
}

std::string backwards(const Certificate& certificate, Role) {
    return when(certificate.not_before() > certificate.not_after(), "it ends before it begins");
}

std::string unique_id(const Certificate& certificate, Role) {
    return when(has_unique_id(certificate), "it has an issuerUniqueID or subjectUniqueID");
}

std::string usage_missing(const Certificate& certificate, Role) {
    return when(certificate.is_ca() && !certificate.key_usage(), "a CA certificate without key usage");
}

std::string usage_critical(const Certificate& certificate, Role) {
    return when(certificate.key_usage() && !critical(certificate, "2.5.29.15"), "the key usage is not critical");
}

std::string usage_key_type(const Certificate& certificate, Role) {
    const bool wraps = has(certificate, KeyUsage::key_encipherment) || has(certificate, KeyUsage::data_encipherment);
    switch (family(certificate)) {
        case KeyFamily::ec:
            return when(wraps, "an EC key cannot encipher keys or data, but the key usage says so");
        case KeyFamily::edwards:
            return when(wraps || has(certificate, KeyUsage::key_agreement),
                        "the key can only sign, but the key usage says more");
        case KeyFamily::other:
            break;
    }
    return "";
}

std::string usage_encipher_only(const Certificate& certificate, Role) {
    const bool only = has(certificate, KeyUsage::encipher_only) || has(certificate, KeyUsage::decipher_only);
    return when(only && !has(certificate, KeyUsage::key_agreement),
                "encipherOnly or decipherOnly without keyAgreement");
}

std::string usage_crl_sign(const Certificate& certificate, Role) {
    return when(certificate.is_ca() && certificate.key_usage() && !has(certificate, KeyUsage::crl_sign),
                "a CA that may not sign its CRL");
}

std::string purpose_missing(const Certificate& certificate, Role) {
    return when(!certificate.is_ca() && certificate.extended_key_usage() == nullptr,
                "no extended key usage: it is good for anything");
}

std::string purpose_any(const Certificate& certificate, Role) {
    return when(!certificate.is_ca() && lists(certificate, k_any_purpose),
                "anyExtendedKeyUsage: it is good for anything");
}

std::string purpose_any_critical(const Certificate& certificate, Role) {
    return when(lists(certificate, k_any_purpose) && critical(certificate, "2.5.29.37"),
                "anyExtendedKeyUsage in a critical extension");
}

std::string leaf_key_id(const Certificate& certificate, Role) {
    return when(!certificate.is_ca() && !certificate.subject_key_id(), "no subject key identifier");
}

std::string names_critical(const Certificate& certificate, Role) {
    return when(certificate.is_ca() && certificate.name_subtrees() && !critical(certificate, "2.5.29.30"),
                "the name constraints are not critical");
}

std::string policy_constraints_critical(const Certificate& certificate, Role) {
    return when(present(certificate, "2.5.29.36") && !critical(certificate, "2.5.29.36"),
                "the policy constraints are not critical");
}

std::string inhibit_any_critical(const Certificate& certificate, Role) {
    return when(present(certificate, "2.5.29.54") && !critical(certificate, "2.5.29.54"),
                "inhibitAnyPolicy is not critical");
}

std::string mappings_critical(const Certificate& certificate, Role) {
    return when(present(certificate, "2.5.29.33") && !critical(certificate, "2.5.29.33"),
                "the policy mappings are not critical");
}

std::string policy_in_leaf(const Certificate& certificate, Role) {
    const bool there =
        present(certificate, "2.5.29.36") || present(certificate, "2.5.29.54") || present(certificate, "2.5.29.33");
    return when(!certificate.is_ca() && there, "policy constraints, mappings or inhibitAnyPolicy outside a CA");
}

bool is_plain_http(const std::string& url) { return base::lower(url).starts_with("http://"); }

std::string not_http(const std::vector<std::string>& urls) {
    const auto odd = std::find_if_not(urls.begin(), urls.end(), is_plain_http);
    return odd == urls.end() ? "" : "\"" + base::printable(*odd) + "\" is no http URL";
}

std::string crl_scheme(const Certificate& certificate, Role) { return not_http(certificate.crl_urls()); }

std::string access_scheme(const Certificate& certificate, Role) {
    std::string fault = not_http(certificate.ocsp_urls());
    return fault.empty() ? not_http(certificate.issuer_urls()) : fault;
}

std::string crl_points_critical(const Certificate& certificate, Role) {
    return when(critical(certificate, "2.5.29.31"), "the CRL distribution points are critical");
}

std::string no_revocation_critical(const Certificate& certificate, Role) {
    return when(critical(certificate, "2.5.29.56"), "noRevAvail is critical");
}

std::string no_revocation_freshest(const Certificate& certificate, Role) {
    return when(certificate.no_revocation_available() && present(certificate, "2.5.29.46"),
                "noRevAvail beside freshestCRL");
}

std::string no_revocation_long(const Certificate& certificate, Role) {
    if (!certificate.no_revocation_available() || lifetime(certificate) <= k_short_lived) return "";
    return "it cannot be revoked, and lasts " + days(certificate);
}

std::string no_status(const Certificate& certificate, Role role) {
    if (role != Role::leaf || certificate.is_ca() || certificate.no_revocation_available()) return "";
    const bool silent = certificate.crl_urls().empty() && certificate.ocsp_urls().empty();
    return silent && lifetime(certificate) > k_short_lived
               ? "it lasts " + days(certificate) + ", and names neither a CRL nor an OCSP responder"
               : "";
}

std::string long_for_platforms(const Certificate& certificate, Role) {
    if (certificate.is_ca() || !lists(certificate, k_server_auth) || lifetime(certificate) <= k_platform_limit)
        return "";
    return "a server's certificate of " + days(certificate) + ": Apple's systems take 825 at most";
}

std::string long_for_public(const Certificate& certificate, Role) {
    const auto span = lifetime(certificate);
    if (certificate.is_ca() || !lists(certificate, k_server_auth) || span <= k_public_limit || span > k_platform_limit)
        return "";
    return "a server's certificate of " + days(certificate) + ": public CAs stop at 398";
}

std::string staple_without_responder(const Certificate& certificate, Role) {
    return when(certificate.must_staple() && certificate.ocsp_urls().empty(),
                "it wants a stapled OCSP response, and names no responder");
}

std::string path_length_open(const Certificate& certificate, Role role) {
    const auto constraints = certificate.basic_constraints();
    return when(role == Role::intermediate && constraints && constraints->ca && !constraints->path_length,
                "an issuing CA without path length: it may make further CAs");
}

constexpr LintRule k_lint_rules[] = {
    {"serial-entropy", Severity::warning, "CA/B BR section 7.1", "number certificates with 64 random bits or more",
     serial_entropy},
    {"weak-signature", Severity::error, "RFC 9155 section 2, CA/B BR section 7.1.3.2",
     "have it issued again with SHA-256 or better", weak_signature},
    {"validity-backwards", Severity::error, "RFC 5280 section 4.1.2.5", k_issue_again, backwards},
    {"unique-id", Severity::error, "RFC 5280 section 4.1.2.8", k_issue_again, unique_id},
    {"key-usage-missing", Severity::error, "RFC 5280 section 4.2.1.3", k_issue_again, usage_missing},
    {"key-usage-critical", Severity::warning, "RFC 5280 section 4.2.1.3", k_issue_again, usage_critical},
    {"key-usage-key-type", Severity::error, "RFC 8813 section 3, RFC 9295 section 3",
     "have it issued again with digitalSignature alone", usage_key_type},
    {"key-usage-encipher-only", Severity::warning, "RFC 5280 section 4.2.1.3", k_issue_again, usage_encipher_only},
    {"key-usage-crl-sign", Severity::notice, "RFC 5280 section 4.2.1.3", "add cRLSign when it is to revoke anything",
     usage_crl_sign},
    {"extended-key-usage-missing", Severity::warning, "CA/B BR section 7.1.2.7.6",
     "have it issued for serverAuth, clientAuth or both", purpose_missing},
    {"extended-key-usage-any", Severity::warning, "CA/B BR section 7.1.2.7.10",
     "have it issued for serverAuth, clientAuth or both", purpose_any},
    {"extended-key-usage-any-critical", Severity::warning, "RFC 5280 section 4.2.1.12", k_issue_again,
     purpose_any_critical},
    {"subject-key-id-missing", Severity::notice, "RFC 5280 section 4.2.1.2", k_issue_again, leaf_key_id},
    {"name-constraints-critical", Severity::error, "RFC 5280 section 4.2.1.10", k_issue_again, names_critical},
    {"policy-constraints-critical", Severity::error, "RFC 5280 section 4.2.1.11", k_issue_again,
     policy_constraints_critical},
    {"inhibit-any-policy-critical", Severity::error, "RFC 5280 section 4.2.1.14", k_issue_again, inhibit_any_critical},
    {"policy-mappings-critical", Severity::warning, "RFC 5280 section 4.2.1.5", k_issue_again, mappings_critical},
    {"policy-outside-ca", Severity::warning, "RFC 5280 section 4.2.1.11", k_issue_again, policy_in_leaf},
    {"crl-url-scheme", Severity::warning, "RFC 5280 section 4.2.1.13, section 8",
     "publish CRLs by plain http: what protects them is their signature", crl_scheme},
    {"access-url-scheme", Severity::warning, "RFC 5280 section 4.2.2.1, section 8",
     "publish CA certificates and OCSP by plain http: what protects them is their signature", access_scheme},
    {"crl-points-critical", Severity::warning, "RFC 5280 section 4.2.1.13", k_issue_again, crl_points_critical},
    {"no-revocation-critical", Severity::error, "RFC 9608 section 2", k_issue_again, no_revocation_critical},
    {"no-revocation-freshest", Severity::error, "RFC 9608 section 4", k_issue_again, no_revocation_freshest},
    {"no-revocation-long", Severity::notice, "RFC 9608 section 1",
     "let it last ten days at most, or publish its status", no_revocation_long},
    {"no-status", Severity::notice, "CA/B BR section 7.1.2.11.2",
     "let it last ten days at most, or publish a CRL or OCSP", no_status},
    {"validity-825", Severity::warning, "Apple, Requirements for trusted certificates", "let it last a year at most",
     long_for_platforms},
    {"validity-398", Severity::notice, "CA/B BR section 6.3.2", "let it last a year at most", long_for_public},
    {"must-staple-without-responder", Severity::warning, "RFC 7633 section 4.2.1", "name an OCSP responder in it",
     staple_without_responder},
    {"path-length-open", Severity::notice, "RFC 5280 section 4.2.1.9", "give issuing CAs the path length 0",
     path_length_open},
};

}  // namespace

std::span<const LintRule> lint_rules() { return k_lint_rules; }

}  // namespace signet::x509
