#include "x509/algorithm.h"

#include <array>

#include "base/error.h"
#include "x509/der.h"

namespace signet::x509 {
namespace {

using crypto::SignatureAlgorithm;

enum class Parameters { absent, null, pss };

struct Row {
    SignatureAlgorithm algorithm;
    const char* oid;
    const char* name;
    Parameters parameters;
    const char* hash = nullptr;  // of RSA-PSS
    int salt = 0;
};

constexpr char k_rsa_pss[] = "1.2.840.113549.1.1.10";
constexpr char k_mgf1[] = "1.2.840.113549.1.1.8";
constexpr char k_sha256[] = "2.16.840.1.101.3.4.2.1";
constexpr char k_sha384[] = "2.16.840.1.101.3.4.2.2";
constexpr char k_sha512[] = "2.16.840.1.101.3.4.2.3";

constexpr Row k_rows[] = {
    {SignatureAlgorithm::ecdsa_sha256, "1.2.840.10045.4.3.2", "ecdsa-with-SHA256", Parameters::absent},
    {SignatureAlgorithm::ecdsa_sha384, "1.2.840.10045.4.3.3", "ecdsa-with-SHA384", Parameters::absent},
    {SignatureAlgorithm::ecdsa_sha512, "1.2.840.10045.4.3.4", "ecdsa-with-SHA512", Parameters::absent},
    {SignatureAlgorithm::ed25519, "1.3.101.112", "Ed25519", Parameters::absent},
    {SignatureAlgorithm::rsa_sha256, "1.2.840.113549.1.1.11", "sha256WithRSAEncryption", Parameters::null},
    {SignatureAlgorithm::rsa_sha384, "1.2.840.113549.1.1.12", "sha384WithRSAEncryption", Parameters::null},
    {SignatureAlgorithm::rsa_sha512, "1.2.840.113549.1.1.13", "sha512WithRSAEncryption", Parameters::null},
    {SignatureAlgorithm::rsa_pss_sha256, k_rsa_pss, "RSASSA-PSS", Parameters::pss, k_sha256, 32},
    {SignatureAlgorithm::rsa_pss_sha384, k_rsa_pss, "RSASSA-PSS", Parameters::pss, k_sha384, 48},
    {SignatureAlgorithm::rsa_pss_sha512, k_rsa_pss, "RSASSA-PSS", Parameters::pss, k_sha512, 64},
    {SignatureAlgorithm::ml_dsa_44, "2.16.840.1.101.3.4.3.17", "ML-DSA-44", Parameters::absent},
    {SignatureAlgorithm::ml_dsa_65, "2.16.840.1.101.3.4.3.18", "ML-DSA-65", Parameters::absent},
    {SignatureAlgorithm::ml_dsa_87, "2.16.840.1.101.3.4.3.19", "ML-DSA-87", Parameters::absent},
};

/// Algorithms that are known by name only, so that a message can say what was refused.
constexpr std::array<std::pair<const char*, const char*>, 7> k_refused{{
    {"1.2.840.113549.1.1.4", "md5WithRSAEncryption"},
    {"1.2.840.113549.1.1.5", "sha1WithRSAEncryption"},
    {"1.2.840.10045.4.1", "ecdsa-with-SHA1"},
    {"1.2.840.10045.4.3.1", "ecdsa-with-SHA224"},
    {"1.2.840.10040.4.3", "dsa-with-sha1"},
    {"2.16.840.1.101.3.4.3.2", "dsa-with-sha256"},
    {"1.3.101.113", "Ed448"},
}};

/// RFC 4055 section 3.1: hash, MGF1 over the same hash, a salt of the hash's length; the trailer is the default.
base::Bytes pss_parameters(const Row& row, bool with_null) {
    const base::Bytes none;
    const base::Bytes hash = der::sequence({der::oid(row.hash), with_null ? der::null() : none});
    return der::sequence({der::tlv(der::context_constructed(0), hash),
                          der::tlv(der::context_constructed(1), der::sequence({der::oid(k_mgf1), hash})),
                          der::tlv(der::context_constructed(2), der::integer(row.salt))});
}

base::Bytes encode(const Row& row) {
    switch (row.parameters) {
        case Parameters::absent:
            return der::sequence({der::oid(row.oid)});
        case Parameters::null:
            return der::sequence({der::oid(row.oid), der::null()});
        case Parameters::pss:
            return der::sequence({der::oid(row.oid), pss_parameters(row, true)});
    }
    throw base::Error{base::Kind::internal, "a signature algorithm without parameters rule"};
}

/// RFC 4055 section 5 obliges readers to take absent parameters for NULL.
std::optional<base::Bytes> lax_form(const Row& row) {
    if (row.parameters == Parameters::null) return der::sequence({der::oid(row.oid)});
    if (row.parameters == Parameters::pss) return der::sequence({der::oid(row.oid), pss_parameters(row, false)});
    return std::nullopt;
}

struct Encoded {
    SignatureAlgorithm algorithm;
    base::Bytes der;
    std::optional<base::Bytes> lax;
};

const std::vector<Encoded>& encodings() {
    static const std::vector<Encoded> all = [] {
        std::vector<Encoded> out;
        for (const Row& row : k_rows) out.push_back({row.algorithm, encode(row), lax_form(row)});
        return out;
    }();
    return all;
}

}  // namespace

const base::Bytes& algorithm_identifier(SignatureAlgorithm algorithm) {
    for (const Encoded& known : encodings()) {
        if (known.algorithm == algorithm) return known.der;
    }
    throw base::Error{base::Kind::internal, "a signature algorithm without identifier"};
}

std::optional<SignatureAlgorithm> parse_algorithm(base::ByteView der) {
    for (const Encoded& known : encodings()) {
        if (base::equal(known.der, der) || (known.lax && base::equal(*known.lax, der))) return known.algorithm;
    }
    return std::nullopt;
}

base::ByteView read_algorithm(der::Reader& from, std::string_view field) {
    const der::Element whole = from.read(der::k_sequence, field);
    if (parse_algorithm(whole.whole)) return whole.whole;
    der::Reader fields(whole.contents);
    fields.oid(field);
    if (!fields.at_end()) fields.any(field);
    fields.finish(field);
    return whole.whole;
}

std::string describe_algorithm(base::ByteView der) {
    der::Reader outer(der);
    const std::string oid = outer.sequence("algorithm").oid("algorithm");
    for (const auto& [known, name] : k_refused) {
        if (oid == known) return name;
    }
    for (const Row& row : k_rows) {
        if (oid == row.oid) return parse_algorithm(der) ? row.name : std::string(row.name) + " with odd parameters";
    }
    return oid;
}

}  // namespace signet::x509
