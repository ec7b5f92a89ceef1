#include "x509/certificate_rules.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "x509/extensions.h"
#include "x509/identifier_forms.h"

namespace signet::x509 {
namespace {

constexpr char k_reissue[] = "have the certificate issued again by a CA that keeps RFC 5280";
constexpr int k_shortest_rsa = 2048;
constexpr int k_longest_to_issue = 4096;
constexpr int k_longest_rsa = 8192;  // more costs every verifier seconds

bool is_critical(const Certificate& certificate, const char* oid) {
    const auto* extension = certificate.find_extension(oid);
    return extension != nullptr && extension->critical;
}

bool has_usage(const Certificate& certificate, KeyUsage usage) {
    return (certificate.key_usage().value_or(0) & usage_bit(usage)) != 0;
}

std::string version(const Certificate& certificate, Role) {
    return certificate.version() == 3 ? "" : "version " + std::to_string(certificate.version()) + ", not 3";
}

std::string serial(const Certificate& certificate, Role role) {
    const base::Bytes& serial = certificate.serial();
    if ((serial[0] & 0x80) != 0) return "the serial number is negative";
    if (serial.size() > 20)
        return "the serial number has " + std::to_string(serial.size()) + " octets, 20 at most are allowed";
    const bool zero = std::all_of(serial.begin(), serial.end(), [](auto octet) { return octet == 0; });
    return zero && role != Role::anchor ? "the serial number is zero" : "";  // some well-known roots have it
}

std::string issuer_name(const Certificate& certificate, Role) {
    return certificate.issuer().empty() ? "the issuer's name is empty" : "";
}

std::string validity_form(const Certificate& certificate, Role role) {
    if (role == Role::anchor || certificate.times_in_rfc5280_form()) return "";
    return "a time before 2050 is no UTCTime, or a later one is no GeneralizedTime";
}

std::string subject(const Certificate& certificate, Role) {
    if (!certificate.subject().empty()) return "";
    if (certificate.is_ca()) return "a CA certificate without a subject";
    return certificate.has_san() ? "" : "neither a subject nor alternative names";
}

std::string san_critical(const Certificate& certificate, Role) {
    const bool needed = certificate.subject().empty() && certificate.has_san();
    return needed && !is_critical(certificate, "2.5.29.17")
               ? "the subject is empty, but the alternative names are not critical"
               : "";
}

/// dNSName alone: it is what clients match, and where other syntaxes have been smuggled.
std::string name_syntax(const Certificate& certificate, Role) {
    for (const GeneralName& name : certificate.general_names()) {
        if (name.kind != GeneralName::Kind::dns || to_identifier(name)) continue;
        return "the alternative name \"" + base::printable(name.text()) + "\" is no DNS name";
    }
    return "";
}

std::string authority_key(const Certificate& certificate, Role role) {
    if (is_critical(certificate, "2.5.29.35")) return "the authority key identifier is critical";
    if (role == Role::anchor || certificate.authority_key_id() || certificate.self_issued()) return "";
    return "it has no authority key identifier";
}

std::string subject_key(const Certificate& certificate, Role) {
    if (is_critical(certificate, "2.5.29.14")) return "the subject key identifier is critical";
    return certificate.is_ca() && !certificate.subject_key_id() ? "a CA certificate without subject key identifier"
                                                                : "";
}

std::string constraints_critical(const Certificate& certificate, Role) {
    return certificate.is_ca() && !is_critical(certificate, "2.5.29.19")
               ? "the basic constraints of a CA are not critical"
               : "";
}

std::string path_length_without_ca(const Certificate& certificate, Role) {
    const auto constraints = certificate.basic_constraints();
    return constraints && !constraints->ca && constraints->path_length ? "a path length without CA" : "";
}

std::string cert_sign_without_ca(const Certificate& certificate, Role) {
    return !certificate.is_ca() && has_usage(certificate, KeyUsage::key_cert_sign) ? "keyCertSign without CA" : "";
}

std::string constraints_without_ca(const Certificate& certificate, Role) {
    return !certificate.is_ca() && certificate.name_subtrees() ? "name constraints outside a CA certificate" : "";
}

std::string bad_base(const GeneralName& base) {
    if (base.kind != GeneralName::Kind::dns || base.value.empty() || forms::is_host_name(base.text())) return "";
    return "the name constraint \"" + base::printable(base.text()) + "\" is no DNS name";
}

std::string constraint_syntax(const Certificate& certificate, Role) {
    if (!certificate.name_subtrees()) return "";
    for (const auto* list : {&certificate.name_subtrees()->permitted, &certificate.name_subtrees()->excluded}) {
        for (const GeneralName& base : *list) {
            if (std::string fault = bad_base(base); !fault.empty()) return fault;
        }
    }
    return "";
}

std::string access_critical(const Certificate& certificate, Role) {
    return is_critical(certificate, "1.3.6.1.5.5.7.1.1") ? "authority information access is critical" : "";
}

std::string no_revocation(const Certificate& certificate, Role) {
    if (!certificate.no_revocation_available()) return "";
    if (certificate.is_ca()) return "noRevAvail in a CA certificate";
    return certificate.crl_urls().empty() && certificate.ocsp_urls().empty()
               ? ""
               : "noRevAvail beside a CRL or OCSP address";
}

std::string critical_extensions(const Certificate& certificate, Role) {
    for (const auto& extension : certificate.extensions()) {
        const ExtensionRow* row = find_extension_row(extension.oid);
        if (!extension.critical || (row != nullptr && row->processed)) continue;
        return "the critical extension " + (row == nullptr ? extension.oid : std::string(row->name)) +
               " is not understood";
    }
    return "";
}

/// Some roots in use have the exponent 3 or 8192 bits: not what we would issue, but not broken either. All other
/// weaknesses count as they do for issuance.
std::string weak_rsa(const crypto::PublicKey& key) {
    const base::Bytes exponent = key.parts().second;
    const bool odd = !exponent.empty() && (exponent.back() & 1) != 0 && exponent != base::Bytes{1};
    const bool old = (odd && exponent.size() < 3) || key.bits() > k_longest_to_issue;
    if (!old) return crypto::weakness(key).value_or("");
    return key.bits() < k_shortest_rsa || key.bits() > k_longest_rsa ? key.describe() + " is too short or too long"
                                                                     : "";
}

std::string weak_key(const Certificate& certificate, Role) {
    try {
        const crypto::PublicKey& key = certificate.public_key();
        return key.is_rsa() ? weak_rsa(key) : crypto::weakness(key).value_or("");
    } catch (const base::Error& error) {
        return "its key cannot be used: " + error.message();
    }
}

std::string ca_bit(const Certificate& certificate, Role role) {
    if (role == Role::leaf || certificate.is_ca()) return "";
    return certificate.basic_constraints() ? "it is not a CA, but stands above another certificate"
                                           : "it has no basic constraints, but stands above another certificate";
}

std::string ca_usage(const Certificate& certificate, Role role) {
    const bool missing = certificate.key_usage() && !has_usage(certificate, KeyUsage::key_cert_sign);
    return role != Role::leaf && missing ? "its key usage does not permit signing certificates" : "";
}

constexpr CertificateRule k_rules[] = {
    {"version", "RFC 5280 section 4.1.2.1", k_reissue, version},
    {"serial", "RFC 5280 section 4.1.2.2", k_reissue, serial},
    {"issuer-name", "RFC 5280 section 4.1.2.4", k_reissue, issuer_name},
    {"validity-form", "RFC 5280 section 4.1.2.5", k_reissue, validity_form},
    {"subject", "RFC 5280 section 4.1.2.6", k_reissue, subject},
    {"weak-key", "RFC 5280 section 6.1.4 (d)", "have it issued again with a new key, for example ec-p256", weak_key},
    {"critical-extension", "RFC 5280 section 4.2", "use a certificate without it", critical_extensions},
    {"authority-key-id", "RFC 5280 section 4.2.1.1", k_reissue, authority_key},
    {"subject-key-id", "RFC 5280 section 4.2.1.2", k_reissue, subject_key},
    {"cert-sign", "RFC 5280 section 6.1.4 (n)", "use an issuer with keyCertSign", ca_usage},
    {"san-critical", "RFC 5280 section 4.2.1.6", k_reissue, san_critical},
    {"name-syntax", "RFC 5280 section 4.2.1.6", "have it issued again for names in the preferred name syntax",
     name_syntax},
    {"basic-constraints", "RFC 5280 section 6.1.4 (k)", "use an issuer that is a CA", ca_bit},
    {"constraints-critical", "RFC 5280 section 4.2.1.9", k_reissue, constraints_critical},
    {"path-length-without-ca", "RFC 5280 section 4.2.1.9", k_reissue, path_length_without_ca},
    {"cert-sign-without-ca", "RFC 5280 section 4.2.1.9", k_reissue, cert_sign_without_ca},
    {"constraints-without-ca", "RFC 5280 section 4.2.1.10", k_reissue, constraints_without_ca},
    {"constraint-syntax", "RFC 5280 section 4.2.1.10",
     "have the CA certificate issued again with bases like \"mesh.internal\"", constraint_syntax},
    {"access-critical", "RFC 5280 section 4.2.2.1", k_reissue, access_critical},
    {"no-revocation", "RFC 9608 section 4", k_reissue, no_revocation},
};

}  // namespace

std::span<const CertificateRule> certificate_rules() { return k_rules; }

std::vector<Finding> broken_rules(const Certificate& certificate, Role role) {
    std::vector<Finding> out;
    for (const CertificateRule& rule : k_rules) {
        if (std::string fault = rule.fault(certificate, role); !fault.empty()) {
            out.push_back({0, rule.id, rule.section, std::move(fault), rule.remedy});
        }
    }
    return out;
}

}  // namespace signet::x509
