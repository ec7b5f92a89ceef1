#include "inspect/usage_names.h"

#include <algorithm>
#include <utility>

#include "x509/extensions.h"

namespace signet::inspect {
namespace {

using Named = std::pair<std::string_view, std::string_view>;

constexpr std::string_view k_key_usages[] = {"digitalSignature", "contentCommitment", "keyEncipherment",
                                             "dataEncipherment", "keyAgreement",      "keyCertSign",
                                             "cRLSign",          "encipherOnly",      "decipherOnly"};

constexpr Named k_purposes[] = {{"1.3.6.1.5.5.7.3.1", "serverAuth"},       {"1.3.6.1.5.5.7.3.2", "clientAuth"},
                                {"1.3.6.1.5.5.7.3.3", "codeSigning"},      {"1.3.6.1.5.5.7.3.4", "emailProtection"},
                                {"1.3.6.1.5.5.7.3.8", "timeStamping"},     {"1.3.6.1.5.5.7.3.9", "OCSPSigning"},
                                {"1.3.6.1.5.5.7.3.17", "ipsecIKE"},        {"1.3.6.1.5.5.7.3.21", "sshClient"},
                                {"1.3.6.1.5.5.7.3.22", "sshServer"},       {"1.3.6.1.5.5.7.3.36", "documentSigning"},
                                {"1.3.6.1.4.1.311.20.2.2", "msSmartcard"}, {"2.5.29.37.0", "anyExtendedKeyUsage"}};

// Those that x509/extensions does not read.
constexpr Named k_extensions[] = {{"2.5.29.9", "subjectDirectoryAttributes"},
                                  {"2.5.29.16", "privateKeyUsagePeriod"},
                                  {"2.5.29.18", "issuerAltName"},
                                  {"2.5.29.46", "freshestCRL"},
                                  {"1.3.6.1.5.5.7.1.3", "qcStatements"},
                                  {"1.3.6.1.5.5.7.1.11", "subjectInfoAccess"},
                                  {"1.3.6.1.5.5.7.1.31", "acmeIdentifier"},
                                  {"1.3.6.1.4.1.11129.2.4.2", "signedCertificateTimestampList"},
                                  {"1.3.6.1.4.1.11129.2.4.3", "precertificatePoison"},
                                  {"1.3.6.1.4.1.311.20.2", "msCertificateTemplateName"},
                                  {"1.3.6.1.4.1.311.21.7", "msCertificateTemplate"},
                                  {"2.16.840.1.113730.1.1", "netscapeCertType"},
                                  {"2.16.840.1.113730.1.13", "netscapeComment"}};

template <std::size_t N>
std::string_view find(const Named (&table)[N], std::string_view oid) {
    const auto row = std::ranges::find(table, oid, &Named::first);
    return row == std::end(table) ? std::string_view() : row->second;
}

}  // namespace

std::vector<std::string> key_usage_names(x509::KeyUsages usages) {
    std::vector<std::string> names;
    for (std::size_t bit = 0; bit < std::size(k_key_usages); ++bit)
        if ((usages >> bit & 1) != 0) names.emplace_back(k_key_usages[bit]);
    return names;
}

std::string purpose_text(std::string_view oid) {
    const auto name = find(k_purposes, oid);
    return std::string(name.empty() ? oid : name);
}

std::string_view extension_name(std::string_view oid) {
    const auto* row = x509::find_extension_row(oid);
    return row != nullptr ? row->name : find(k_extensions, oid);
}

}  // namespace signet::inspect
