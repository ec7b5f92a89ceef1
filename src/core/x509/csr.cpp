#include "x509/csr.h"

#include <algorithm>

#include "base/error.h"
#include "x509/algorithm.h"
#include "x509/der.h"
#include "x509/extensions.h"
#include "x509/pem.h"

namespace signet::x509 {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_largest_request = 256 << 10;  // ten times what a hundred names and an ML-DSA-87 key take
// Beyond these, which no certificate is issued for, a single verification costs milliseconds.
constexpr int k_most_rsa_bits = 4096;
constexpr std::size_t k_longest_exponent = 256 / 8;
constexpr char k_extension_request[] = "1.2.840.113549.1.9.14";
constexpr char k_subject_alt_name[] = "2.5.29.17";

struct RequestedNames {
    std::vector<Identifier> names;
    std::vector<std::string> other_names;
};

void read_names(base::ByteView extension_value, RequestedNames& out) {
    der::Reader value(extension_value);
    ExtensionValues values;
    read_subject_alt_names(value, values);
    value.finish("subjectAltName");
    for (const GeneralName& name : *values.subject_alt_names) {
        if (auto identifier = to_identifier(name)) {
            out.names.push_back(*std::move(identifier));
            continue;
        }
        const bool text = name.kind == GeneralName::Kind::dns || name.kind == GeneralName::Kind::uri ||
                          name.kind == GeneralName::Kind::email;
        if (!text) {
            out.other_names.emplace_back(kind_name(name.kind));
            continue;
        }
        // Each throws, saying what is wrong with the name; a DNS name may be here for its trailing dot alone.
        if (name.kind == GeneralName::Kind::uri) Identifier::uri(name.text());
        if (name.kind == GeneralName::Kind::email) Identifier::email(name.text());
        if (name.kind == GeneralName::Kind::dns) out.names.push_back(Identifier::dns(name.text()));
    }
}

/// extensionRequest: of its extensions the SAN alone counts, once.
void read_extension_request(der::Reader values, RequestedNames& out) {
    der::Reader list = values.sequence("extensionRequest");
    values.finish("extensionRequest");
    bool seen = false;
    while (!list.at_end()) {
        der::Reader extension = list.sequence("Extension");
        const std::string oid = extension.oid("extnID");
        if (extension.next_is(der::k_boolean)) extension.boolean("critical");
        const base::ByteView value = extension.octet_string("extnValue");
        extension.finish("Extension");
        if (oid != k_subject_alt_name) continue;
        if (seen) der::fail("extensionRequest", "two subjectAltName extensions");
        seen = true;
        read_names(value, out);
    }
}

RequestedNames read_attributes(base::ByteView contents) {
    RequestedNames out;
    bool seen = false;
    for (der::Reader attributes(contents); !attributes.at_end();) {
        der::Reader attribute = attributes.sequence("Attribute");
        const std::string oid = attribute.oid("attribute type");
        der::Reader values = attribute.enter(der::k_set, "attribute values");
        attribute.finish("Attribute");
        if (oid != k_extension_request) continue;
        if (seen) der::fail("attributes", "two extensionRequest attributes");
        seen = true;
        read_extension_request(values, out);
    }
    return out;
}

void require_cheap(const crypto::PublicKey& key) {
    if (!key.is_rsa()) return;
    const char* hint = "make a new key, of type ec-p256";
    if (key.bits() > k_most_rsa_bits)
        throw Error{Kind::bad_public_key, key.describe() + " is too long: 4096 bits at most", hint};
    if (key.parts().second.size() > k_longest_exponent)
        throw Error{Kind::bad_public_key, "the exponent of the RSA key has more than 256 bits", hint};
}

CertificateRequest read_request(base::ByteView der) {
    der::Reader outer(der);
    der::Reader request = outer.sequence("CertificationRequest");
    outer.finish("CertificationRequest");
    const der::Element info = request.read(der::k_sequence, "certificationRequestInfo");
    const base::ByteView algorithm = read_algorithm(request, "signatureAlgorithm");
    const base::ByteView signature = request.octet_bits("signature");
    request.finish("CertificationRequest");

    der::Reader fields(info.contents);
    // RFC 2986 knows the value 0 only; some clients write 1 for "version 2", and nothing depends on it.
    if (fields.small_integer("version") > 1) der::fail("version", "neither 0 nor 1");
    DistinguishedName subject = DistinguishedName::from_der(fields.read(der::k_sequence, "subject").whole);
    crypto::PublicKey key = crypto::PublicKey::from_spki(fields.read(der::k_sequence, "subjectPKInfo").whole);
    RequestedNames names;
    if (const auto attributes = fields.read_if(der::context_constructed(0), "attributes"))
        names = read_attributes(attributes->contents);
    fields.finish("certificationRequestInfo");

    const auto known = parse_algorithm(algorithm);
    if (!known) {
        throw Error{Kind::bad_csr,
                    "the request is signed with " + describe_algorithm(algorithm) + ", which signet does not verify",
                    "sign it with SHA-256 or better"};
    }
    require_cheap(key);
    if (!crypto::verify(key, *known, info.whole, signature)) {
        throw Error{Kind::bad_csr, "the request's signature does not fit its key",
                    "make the request again with the key it names"};
    }
    return {std::move(key), std::move(subject), std::move(names.names), std::move(names.other_names),
            base::Bytes(der.begin(), der.end())};
}

}  // namespace

CertificateRequest CertificateRequest::from_der(base::ByteView der) {
    if (der.size() > k_largest_request) {
        throw Error{Kind::bad_csr, "a request of " + std::to_string(der.size()) + " bytes",
                    "give one of at most 256 KiB"};
    }
    try {
        return read_request(der);
    } catch (const Error& error) {
        if (error.kind() != Kind::malformed && error.kind() != Kind::bad_input) throw;
        throw Error{Kind::bad_csr, "not a certificate request of RFC 2986: " + error.message(),
                    error.hint().empty() ? "make it again, for example with openssl req -new" : error.hint()};
    }
}

CertificateRequest CertificateRequest::from_file_contents(std::string_view contents, std::string_view what) {
    if (contents.find("-----BEGIN ") == std::string_view::npos) {
        if (contents.empty() || static_cast<std::uint8_t>(contents.front()) != der::k_sequence) {
            throw Error{Kind::bad_input, std::string(what) + " holds no certificate request",
                        "give a PKCS#10 request in PEM or DER"};
        }
        return from_der(base::bytes_of(contents));
    }
    for (const PemBlock& block : parse_pem(contents, what)) {
        if (block.label == "CERTIFICATE REQUEST" || block.label == "NEW CERTIFICATE REQUEST")
            return from_der(block.der);
    }
    throw Error{Kind::bad_input, std::string(what) + " has no CERTIFICATE REQUEST block",
                "give a PKCS#10 request in PEM or DER"};
}

namespace {

base::Bytes build_request(const crypto::PrivateKey& key, const DistinguishedName& subject, base::ByteView extensions) {
    base::Bytes attributes;
    if (!extensions.empty())
        attributes = der::sequence({der::oid(k_extension_request), der::set({der::sequence({extensions})})});
    const base::Bytes info = der::sequence({der::integer(0), subject.der(), key.public_key().spki_der(),
                                            der::tlv(der::context_constructed(0), attributes)});
    const auto algorithm = crypto::default_algorithm(key);
    return der::sequence({info, algorithm_identifier(algorithm), der::bit_string(crypto::sign(key, algorithm, info))});
}

}  // namespace

base::Bytes build_csr(const crypto::PrivateKey& key, const std::vector<Identifier>& names) {
    base::Bytes extension;
    if (!names.empty())
        extension = der::sequence(
            {der::oid(k_subject_alt_name), der::boolean(true), der::octet_string(encode_subject_alt_names(names))});
    return build_request(key, {}, extension);
}

base::Bytes build_ca_csr(const crypto::PrivateKey& key, const DistinguishedName& subject,
                         const NameConstraints& constraints) {
    Template wish;
    wish.ca = true;
    wish.path_length = 0;
    wish.key_usage = static_cast<KeyUsages>(usage_bit(KeyUsage::key_cert_sign) | usage_bit(KeyUsage::crl_sign));
    wish.name_constraints = constraints;
    base::Bytes extensions;
    for (const char* oid : {"2.5.29.19", "2.5.29.15", "2.5.29.30"}) {
        const auto written = find_extension_row(oid)->write({wish, {}, {}});
        if (written)
            base::append(extensions,
                         der::sequence({der::oid(oid), der::boolean(true), der::octet_string(written->value)}));
    }
    return build_request(key, subject, extensions);
}

}  // namespace signet::x509
