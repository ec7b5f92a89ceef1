#include "base/error.h"
#include "x509/extensions.h"

namespace signet::x509 {
namespace {

constexpr char k_access_ocsp[] = "1.3.6.1.5.5.7.48.1";
constexpr char k_access_issuers[] = "1.3.6.1.5.5.7.48.2";
constexpr std::size_t k_most_urls = 64;
constexpr int k_status_request = 5;  // the TLS extension that RFC 7633 names

void read_full_name(der::Reader names, std::vector<std::string>& urls) {
    while (!names.at_end()) {
        const GeneralName name = read_general_name(names, "fullName");
        if (name.kind == GeneralName::Kind::uri) urls.emplace_back(name.text());
        if (urls.size() > k_most_urls) der::fail("cRLDistributionPoints", "too many");
    }
}

base::Bytes access_description(const char* method, std::string_view url) {
    return der::sequence({der::oid(method), encode_uri(url)});
}

}  // namespace

void read_crl_points(der::Reader& value, ExtensionValues& out) {
    der::Reader points = value.sequence("cRLDistributionPoints");
    do {
        der::Reader point = points.sequence("DistributionPoint");
        if (const auto name = point.read_if(der::context_constructed(0), "distributionPoint")) {
            der::Reader choice(name->contents);
            if (const auto full = choice.read_if(der::context_constructed(0), "fullName")) {
                read_full_name(der::Reader(full->contents), out.crl_urls);
            } else {
                choice.read(der::context_constructed(1), "nameRelativeToCRLIssuer");
            }
            choice.finish("distributionPoint");
        }
        point.read_if(der::context(1), "reasons");
        point.read_if(der::context_constructed(2), "cRLIssuer");
        point.finish("DistributionPoint");
    } while (!points.at_end());
}

std::optional<EncodedExtension> write_crl_points(const ExtensionSource& source) {
    if (source.content.crl_urls.empty()) return std::nullopt;
    base::Bytes points;
    for (const std::string& url : source.content.crl_urls) {
        const base::Bytes full_name = der::tlv(der::context_constructed(0), encode_uri(url));
        base::append(points, der::sequence({der::tlv(der::context_constructed(0), full_name)}));
    }
    return EncodedExtension{false, der::sequence({points})};
}

void read_authority_access(der::Reader& value, ExtensionValues& out) {
    der::Reader items = value.sequence("authorityInfoAccess");
    do {
        der::Reader description = items.sequence("AccessDescription");
        const std::string method = description.oid("accessMethod");
        const GeneralName location = read_general_name(description, "accessLocation");
        description.finish("AccessDescription");
        if (location.kind != GeneralName::Kind::uri) continue;
        if (method == k_access_ocsp) out.ocsp_urls.emplace_back(location.text());
        if (method == k_access_issuers) out.issuer_urls.emplace_back(location.text());
        if (out.ocsp_urls.size() + out.issuer_urls.size() > k_most_urls) der::fail("authorityInfoAccess", "too many");
    } while (!items.at_end());
}

std::optional<EncodedExtension> write_authority_access(const ExtensionSource& source) {
    const Template& content = source.content;
    if (content.ocsp_urls.empty() && content.issuer_urls.empty()) return std::nullopt;
    base::Bytes items;
    for (const std::string& url : content.ocsp_urls) base::append(items, access_description(k_access_ocsp, url));
    for (const std::string& url : content.issuer_urls) base::append(items, access_description(k_access_issuers, url));
    return EncodedExtension{false, der::sequence({items})};
}

void read_no_revocation(der::Reader& value, ExtensionValues& out) {
    value.null("noRevAvail");
    out.no_revocation_available = true;
}

std::optional<EncodedExtension> write_no_revocation(const ExtensionSource& source) {
    if (!source.content.no_revocation_available) return std::nullopt;
    return EncodedExtension{false, der::null()};
}

void read_tls_feature(der::Reader& value, ExtensionValues& out) {
    der::Reader features = value.sequence("tlsFeature");
    while (!features.at_end()) out.must_staple |= features.small_integer("tlsFeature") == k_status_request;
}

std::optional<EncodedExtension> write_tls_feature(const ExtensionSource& source) {
    if (!source.content.must_staple) return std::nullopt;
    return EncodedExtension{false, der::sequence({der::integer(k_status_request)})};
}

void read_ocsp_no_check(der::Reader& value, ExtensionValues& out) {
    value.null("ocspNoCheck");
    out.ocsp_no_check = true;
}

std::optional<EncodedExtension> write_ocsp_no_check(const ExtensionSource& source) {
    if (!source.content.ocsp_no_check) return std::nullopt;
    return EncodedExtension{false, der::null()};
}

}  // namespace signet::x509
