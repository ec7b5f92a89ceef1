#include <algorithm>

#include "base/text.h"
#include "x509/lint.h"

namespace signet::x509 {
namespace {

constexpr char k_svid[] = "have it issued again as an X509-SVID: `signet issue --profile svid`";
constexpr std::size_t k_longest_id = 2048, k_longest_domain = 255;
constexpr std::string_view k_scheme = "spiffe://";

std::vector<std::string> uris(const Certificate& certificate) {
    std::vector<std::string> out;
    for (const GeneralName& name : certificate.general_names())
        if (name.kind == GeneralName::Kind::uri) out.emplace_back(name.text());
    return out;
}

struct Id {
    std::string_view domain, path;  // the path begins with '/', or is empty
};
Id parts(std::string_view uri) {
    uri.remove_prefix(std::min(uri.size(), k_scheme.size()));
    const std::size_t slash = std::min(uri.find('/'), uri.size());
    return {uri.substr(0, slash), uri.substr(slash)};
}

bool is_domain_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}
bool is_path_letter(char c) { return is_domain_letter(c) || (c >= 'A' && c <= 'Z'); }

std::string segment_fault(std::string_view path) {
    for (const std::string_view segment : base::split(path.substr(1), '/')) {
        if (segment.empty() || segment == "." || segment == "..") return "an empty segment, \".\" or \"..\"";
        if (!std::all_of(segment.begin(), segment.end(), is_path_letter)) return "a letter that no path may have";
    }
    return "";
}

std::string id_fault(const std::string& uri) {
    if (!uri.starts_with(k_scheme)) return "not spiffe:// in lower case";
    if (uri.size() > k_longest_id) return "more than 2048 octets";
    const Id id = parts(uri);
    if (id.domain.empty() || id.domain.size() > k_longest_domain)
        return "a trust domain of none or more than 255 octets";
    if (!std::all_of(id.domain.begin(), id.domain.end(), is_domain_letter))
        return "a letter that no trust domain may have";
    return id.path.empty() ? "" : segment_fault(id.path);
}

bool may(const Certificate& certificate, KeyUsage usage) {
    return (certificate.key_usage().value_or(0) & usage_bit(usage)) != 0;
}

std::string one_uri(const Certificate& certificate, Role) {
    const std::size_t count = uris(certificate).size();
    return count == 1 ? "" : "it has " + std::to_string(count) + " URIs, not exactly one";
}

std::string id_syntax(const Certificate& certificate, Role) {
    for (const std::string& uri : uris(certificate)) {
        if (!base::lower(uri).starts_with("spiffe:")) continue;
        if (const std::string fault = id_fault(uri); !fault.empty())
            return "\"" + base::printable(uri) + "\" is no SPIFFE ID: " + fault;
    }
    return "";
}

std::string leaf_path(const Certificate& certificate, Role) {
    const auto all = uris(certificate);
    return !certificate.is_ca() && all.size() == 1 && parts(all[0]).path.size() < 2
               ? "the SPIFFE ID of a leaf has no path"
               : "";
}

std::string signer_path(const Certificate& certificate, Role) {
    const auto all = uris(certificate);
    return certificate.is_ca() && all.size() == 1 && !parts(all[0]).path.empty()
               ? "the SPIFFE ID of a signing certificate has a path"
               : "";
}

std::string svid_usage(const Certificate& certificate, Role) {
    if (certificate.is_ca()) return may(certificate, KeyUsage::key_cert_sign) ? "" : "a signer without keyCertSign";
    if (!may(certificate, KeyUsage::digital_signature)) return "a leaf without digitalSignature";
    return may(certificate, KeyUsage::key_cert_sign) || may(certificate, KeyUsage::crl_sign)
               ? "a leaf with keyCertSign or cRLSign"
               : "";
}

std::string svid_usage_critical(const Certificate& certificate, Role) {
    const auto* extension = certificate.find_extension("2.5.29.15");
    return extension != nullptr && !extension->critical ? "the key usage is not critical" : "";
}

std::string purposes(const Certificate& certificate, Role) {
    const auto* usages = certificate.extended_key_usage();
    if (certificate.is_ca() || usages == nullptr) return "";
    const auto lists = [&](const char* oid) { return std::find(usages->begin(), usages->end(), oid) != usages->end(); };
    return lists(k_server_auth) && lists(k_client_auth) ? ""
                                                        : "extended key usage without both serverAuth and clientAuth";
}

constexpr LintRule k_svid_rules[] = {
    {"svid-one-uri", Severity::error, "SPIFFE X509-SVID section 2", k_svid, one_uri},
    {"svid-id", Severity::error, "SPIFFE-ID section 2", k_svid, id_syntax},
    {"svid-leaf-path", Severity::error, "SPIFFE X509-SVID section 5.2", k_svid, leaf_path},
    {"svid-signer-path", Severity::error, "SPIFFE X509-SVID section 3.2", k_svid, signer_path},
    {"svid-key-usage", Severity::error, "SPIFFE X509-SVID section 4.3", k_svid, svid_usage},
    {"svid-key-usage-critical", Severity::error, "SPIFFE X509-SVID section 4.3", k_svid, svid_usage_critical},
    {"svid-extended-key-usage", Severity::error, "SPIFFE X509-SVID section 4.4", k_svid, purposes},
};

}  // namespace

std::span<const LintRule> svid_lint_rules() { return k_svid_rules; }

}  // namespace signet::x509
