#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "x509/certificate.h"
#include "x509/der.h"
#include "x509/general_name.h"
#include "x509/template.h"

namespace signet::x509 {

/// What the extensions of one certificate say, decoded; absent ones leave their member empty.
struct ExtensionValues {
    std::optional<Certificate::BasicConstraints> basic_constraints;
    std::optional<KeyUsages> key_usage;
    std::optional<std::vector<std::string>> extended_key_usage;
    std::optional<std::vector<GeneralName>> subject_alt_names;
    std::optional<Certificate::NameSubtrees> name_subtrees;
    std::optional<base::Bytes> subject_key_id;
    std::optional<base::Bytes> authority_key_id;
    std::vector<Certificate::CrlPoint> crl_points;
    std::vector<std::string> crl_urls, ocsp_urls, issuer_urls;
    Certificate::Policies policies;
    bool no_revocation_available = false;
    bool must_staple = false;
    bool ocsp_no_check = false;
};

/// What a writer may look at: the template, and the two key identifiers that only the signer knows.
struct ExtensionSource {
    const Template& content;
    base::ByteView subject_key_id;
    base::ByteView authority_key_id;  // empty in a self-signed certificate
};

struct EncodedExtension {
    bool critical;
    base::Bytes value;  // DER inside the OCTET STRING
};

/// One row an extension. `write` returns nullopt when the template has nothing for it; rows are written in this order.
struct ExtensionRow {
    const char* oid;
    const char* name;  // RFC spelling
    bool processed;    // path validation acts on it, so that a critical one may stand (RFC 5280 section 4.2)
    void (*read)(der::Reader& value, ExtensionValues& out);  // throws malformed; the caller checks for trailing bytes
    std::optional<EncodedExtension> (*write)(const ExtensionSource& source);  // nullptr: never written
};

std::span<const ExtensionRow> extension_table();
const ExtensionRow* find_extension_row(std::string_view oid);

// The rows' code, one file a family.

// ext_basic
void read_basic_constraints(der::Reader& value, ExtensionValues& out);
void read_key_usage(der::Reader& value, ExtensionValues& out);
std::optional<EncodedExtension> write_basic_constraints(const ExtensionSource& source);
std::optional<EncodedExtension> write_key_usage(const ExtensionSource& source);
// ext_usage
void read_extended_key_usage(der::Reader& value, ExtensionValues& out);
void read_policies(der::Reader& value, ExtensionValues& out);
void read_policy_mappings(der::Reader& value, ExtensionValues& out);
void read_policy_constraints(der::Reader& value, ExtensionValues& out);
void read_inhibit_any_policy(der::Reader& value, ExtensionValues& out);
std::optional<EncodedExtension> write_extended_key_usage(const ExtensionSource& source);
std::optional<EncodedExtension> write_policies(const ExtensionSource& source);
// ext_san
void read_subject_alt_names(der::Reader& value, ExtensionValues& out);
std::optional<EncodedExtension> write_subject_alt_names(const ExtensionSource& source);
/// The SubjectAltName value alone: also in requests.
base::Bytes encode_subject_alt_names(const std::vector<Identifier>& names);
// ext_identifiers
void read_subject_key_id(der::Reader& value, ExtensionValues& out);
void read_authority_key_id(der::Reader& value, ExtensionValues& out);
std::optional<EncodedExtension> write_subject_key_id(const ExtensionSource& source);
std::optional<EncodedExtension> write_authority_key_id(const ExtensionSource& source);
// ext_access
void read_crl_points(der::Reader& value, ExtensionValues& out);
/// [0] DistributionPointName, where it is there: of a certificate and of a CRL.
void read_point_name(der::Reader& point, std::vector<GeneralName>& names, base::Bytes& relative);
void read_authority_access(der::Reader& value, ExtensionValues& out);
void read_no_revocation(der::Reader& value, ExtensionValues& out);
void read_tls_feature(der::Reader& value, ExtensionValues& out);
void read_ocsp_no_check(der::Reader& value, ExtensionValues& out);
std::optional<EncodedExtension> write_crl_points(const ExtensionSource& source);
std::optional<EncodedExtension> write_authority_access(const ExtensionSource& source);
std::optional<EncodedExtension> write_no_revocation(const ExtensionSource& source);
std::optional<EncodedExtension> write_tls_feature(const ExtensionSource& source);
std::optional<EncodedExtension> write_ocsp_no_check(const ExtensionSource& source);
// ext_constraints
void read_name_constraints(der::Reader& value, ExtensionValues& out);
std::optional<EncodedExtension> write_name_constraints(const ExtensionSource& source);
/// Subtrees as text, those of the four identifier kinds.
NameConstraints to_name_constraints(const Certificate::NameSubtrees& subtrees);

}  // namespace signet::x509
