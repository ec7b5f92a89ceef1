#include "base/error.h"
#include "x509/extensions.h"

namespace signet::x509 {
namespace {

constexpr char k_access_ocsp[] = "1.3.6.1.5.5.7.48.1";
constexpr char k_access_issuers[] = "1.3.6.1.5.5.7.48.2";
constexpr std::size_t k_most_urls = 64;
constexpr int k_status_request = 5;  // the TLS extension that RFC 7633 names

std::vector<GeneralName> read_names(der::Reader names, std::string_view field) {
    std::vector<GeneralName> out;
    while (!names.at_end()) {
        out.push_back(read_general_name(names, field));
        if (out.size() > k_most_urls) der::fail("cRLDistributionPoints", "too many");
    }
    return out;
}

base::Bytes access_description(const char* method, std::string_view url) {
    return der::sequence({der::oid(method), encode_uri(url)});
}

}  // namespace

void read_point_name(der::Reader& point, std::vector<GeneralName>& names, base::Bytes& relative) {
    const auto name = point.read_if(der::context_constructed(0), "distributionPoint");
    if (!name) return;
    der::Reader choice(name->contents);
    if (const auto full = choice.read_if(der::context_constructed(0), "fullName")) {
        names = read_names(der::Reader(full->contents), "fullName");
    } else {
        const auto rdn = choice.read(der::context_constructed(1), "nameRelativeToCRLIssuer").contents;
        relative.assign(rdn.begin(), rdn.end());
    }
    choice.finish("distributionPoint");
}

void read_crl_points(der::Reader& value, ExtensionValues& out) {
    der::Reader points = value.sequence("cRLDistributionPoints");
    do {
        der::Reader fields = points.sequence("DistributionPoint");
        Certificate::CrlPoint point;
        read_point_name(fields, point.names, point.relative);
        if (const auto reasons = fields.read_if(der::context(1), "reasons"))
            point.reasons = der::named_bits(der::check_bit_string(reasons->contents, "reasons"));
        if (const auto issuers = fields.read_if(der::context_constructed(2), "cRLIssuer"))
            point.issuers = read_names(der::Reader(issuers->contents), "cRLIssuer");
        fields.finish("DistributionPoint");
        for (const GeneralName& name : point.names)
            if (name.kind == GeneralName::Kind::uri) out.crl_urls.emplace_back(name.text());
        out.crl_points.push_back(std::move(point));
        if (out.crl_points.size() > k_most_urls) der::fail("cRLDistributionPoints", "too many");
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
