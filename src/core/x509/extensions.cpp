#include "x509/extensions.h"

#include <algorithm>
#include <string_view>

namespace signet::x509 {
namespace {

constexpr ExtensionRow k_table[] = {
    {"2.5.29.19", "basicConstraints", true, read_basic_constraints, write_basic_constraints},
    {"2.5.29.15", "keyUsage", true, read_key_usage, write_key_usage},
    {"2.5.29.37", "extKeyUsage", true, read_extended_key_usage, write_extended_key_usage},
    {"2.5.29.14", "subjectKeyIdentifier", true, read_subject_key_id, write_subject_key_id},
    {"2.5.29.35", "authorityKeyIdentifier", true, read_authority_key_id, write_authority_key_id},
    {"2.5.29.17", "subjectAltName", true, read_subject_alt_names, write_subject_alt_names},
    {"2.5.29.30", "nameConstraints", true, read_name_constraints, write_name_constraints},
    {"2.5.29.32", "certificatePolicies", true, read_policies, write_policies},
    {"2.5.29.33", "policyMappings", true, read_policy_mappings, nullptr},
    {"2.5.29.36", "policyConstraints", true, read_policy_constraints, nullptr},
    {"2.5.29.54", "inhibitAnyPolicy", true, read_inhibit_any_policy, nullptr},
    {"2.5.29.31", "cRLDistributionPoints", false, read_crl_points, write_crl_points},
    {"1.3.6.1.5.5.7.1.1", "authorityInfoAccess", false, read_authority_access, write_authority_access},
    {"2.5.29.56", "noRevAvail", false, read_no_revocation, write_no_revocation},
    {"1.3.6.1.5.5.7.1.24", "tlsFeature", false, read_tls_feature, write_tls_feature},
    {"1.3.6.1.5.5.7.48.1.5", "ocspNoCheck", false, read_ocsp_no_check, write_ocsp_no_check},
};

}  // namespace

std::span<const ExtensionRow> extension_table() { return k_table; }

const ExtensionRow* find_extension_row(std::string_view oid) {
    const auto row =
        std::find_if(std::begin(k_table), std::end(k_table), [&](const auto& known) { return oid == known.oid; });
    return row == std::end(k_table) ? nullptr : &*row;
}

}  // namespace signet::x509
