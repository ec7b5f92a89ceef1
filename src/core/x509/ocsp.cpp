#include "x509/ocsp.h"

#include "crypto/digest.h"
#include "x509/algorithm.h"
#include "x509/der.h"

namespace signet::x509 {
namespace {

constexpr std::size_t k_largest_request = 16 << 10;
constexpr std::size_t k_most_ids = 32;  // clients ask for one; a chain has a handful
constexpr std::size_t k_most_request_extensions = 16;
constexpr std::size_t k_longest_hash = 64;
constexpr std::size_t k_longest_asked_serial = 40;
constexpr std::size_t k_longest_nonce = 128;  // RFC 9654 section 2.1

constexpr char k_oid_sha1[] = "1.3.14.3.2.26";
constexpr char k_oid_sha256[] = "2.16.840.1.101.3.4.2.1";
constexpr char k_oid_nonce[] = "1.3.6.1.5.5.7.48.1.2";
constexpr char k_oid_basic[] = "1.3.6.1.5.5.7.48.1.1";

base::Bytes copy_of(base::ByteView bytes) { return {bytes.begin(), bytes.end()}; }

OcspCertId::Hash read_hash(der::Reader& fields) {
    der::Reader algorithm = fields.sequence("hashAlgorithm");
    const std::string oid = algorithm.oid("hashAlgorithm");
    if (!algorithm.at_end()) algorithm.any("hashAlgorithm");
    algorithm.finish("hashAlgorithm");
    if (oid == k_oid_sha1) return OcspCertId::Hash::sha1;
    return oid == k_oid_sha256 ? OcspCertId::Hash::sha256 : OcspCertId::Hash::other;
}

OcspCertId read_cert_id(der::Reader& request) {
    const der::Element element = request.read(der::k_sequence, "reqCert");
    der::Reader fields(element.contents);
    OcspCertId id{read_hash(fields), {}, {}, {}, copy_of(element.whole)};
    id.issuer_name_hash = copy_of(fields.octet_string("issuerNameHash"));
    id.issuer_key_hash = copy_of(fields.octet_string("issuerKeyHash"));
    id.serial = copy_of(fields.integer("serialNumber"));
    fields.finish("CertID");
    if (id.issuer_name_hash.size() > k_longest_hash || id.issuer_key_hash.size() > k_longest_hash)
        der::fail("CertID", "hash longer than any");
    if (id.serial.size() > k_longest_asked_serial) der::fail("serialNumber", "longer than any");
    return id;
}

void read_request_extensions(der::Reader outer, std::optional<base::Bytes>* nonce) {
    der::Reader list = outer.sequence("requestExtensions");
    outer.finish("requestExtensions");
    for (std::size_t count = 0; !list.at_end(); ++count) {
        if (count >= k_most_request_extensions) der::fail("requestExtensions", "too many");
        der::Reader fields = list.sequence("Extension");
        const std::string oid = fields.oid("extnID");
        const bool critical = fields.next_is(der::k_boolean) && fields.boolean("critical");
        der::Reader value(fields.octet_string("extnValue"));
        fields.finish("Extension");
        if (nonce != nullptr && oid == k_oid_nonce) {
            if (*nonce) der::fail("nonce", "twice");
            const base::ByteView octets = value.octet_string("nonce");
            value.finish("nonce");
            if (octets.empty() || octets.size() > k_longest_nonce) der::fail("nonce", "not of 1 to 128 octets");
            *nonce = copy_of(octets);
        } else if (critical) {
            der::fail("requestExtensions", "critical extension " + oid + " is not known");
        }
    }
}

base::Bytes encode_nonce(base::ByteView nonce, unsigned tag) {
    const base::Bytes extension = der::sequence({der::oid(k_oid_nonce), der::octet_string(der::octet_string(nonce))});
    return der::tlv(der::context_constructed(tag), der::sequence({extension}));
}

base::Bytes encode_status(const OcspAnswer& answer) {
    if (answer.status == OcspStatus::good) return der::tlv(der::context(0), {});
    if (answer.status == OcspStatus::unknown) return der::tlv(der::context(2), {});
    base::Bytes info = der::generalized_time(answer.revoked_at);
    if (answer.reason != 0) {
        const auto reason = der::enumerated(static_cast<std::uint8_t>(answer.reason));
        base::append(info, der::tlv(der::context_constructed(0), reason));
    }
    return der::tlv(der::context_constructed(1), info);
}

template <class Digest>
base::Bytes as_bytes(const Digest& digest) {
    return {digest.begin(), digest.end()};
}

}  // namespace

OcspRequest parse_ocsp_request(base::ByteView der) {
    if (der.size() > k_largest_request) der::fail("OCSPRequest", "larger than 16 KiB");
    der::Reader outer(der);
    der::Reader request = outer.sequence("OCSPRequest");
    outer.finish("OCSPRequest");
    der::Reader tbs = request.sequence("tbsRequest");
    request.read_if(der::context_constructed(0), "optionalSignature");
    request.finish("OCSPRequest");
    if (const auto version = tbs.read_if(der::context_constructed(0), "version")) {
        der::Reader inside(version->contents);
        if (inside.small_integer("version") != 0) der::fail("version", "not 1");
        inside.finish("version");
    }
    tbs.read_if(der::context_constructed(1), "requestorName");
    OcspRequest out;
    der::Reader list = tbs.sequence("requestList");
    do {
        if (out.ids.size() >= k_most_ids) der::fail("requestList", "more than 32 certificates");
        der::Reader single = list.sequence("Request");
        out.ids.push_back(read_cert_id(single));
        if (const auto extensions = single.read_if(der::context_constructed(0), "singleRequestExtensions"))
            read_request_extensions(der::Reader(extensions->contents), nullptr);
        single.finish("Request");
    } while (!list.at_end());
    if (const auto extensions = tbs.read_if(der::context_constructed(2), "requestExtensions"))
        read_request_extensions(der::Reader(extensions->contents), &out.nonce);
    tbs.finish("tbsRequest");
    return out;
}

OcspIssuerHashes::OcspIssuerHashes(const Certificate& issuer)
    : sha1_name(as_bytes(crypto::sha1(issuer.subject().der()))),
      sha1_key(as_bytes(crypto::sha1(issuer.public_key().key_bits()))),
      sha256_name(as_bytes(crypto::sha256(issuer.subject().der()))),
      sha256_key(as_bytes(crypto::sha256(issuer.public_key().key_bits()))) {}

bool OcspIssuerHashes::match(const OcspCertId& id) const {
    switch (id.hash) {
        case OcspCertId::Hash::sha1:
            return id.issuer_name_hash == sha1_name && id.issuer_key_hash == sha1_key;
        case OcspCertId::Hash::sha256:
            return id.issuer_name_hash == sha256_name && id.issuer_key_hash == sha256_key;
        case OcspCertId::Hash::other:
            break;
    }
    return false;
}

base::Bytes encode_ocsp_request(const Certificate& issuer, base::ByteView serial, base::ByteView nonce) {
    const OcspIssuerHashes hashes(issuer);
    const base::Bytes id =
        der::sequence({der::sequence({der::oid(k_oid_sha1), der::null()}), der::octet_string(hashes.sha1_name),
                       der::octet_string(hashes.sha1_key), der::tlv(der::k_integer, serial)});
    const base::Bytes list = der::sequence({der::sequence({id})});
    return der::sequence({der::sequence({list, nonce.empty() ? base::Bytes{} : encode_nonce(nonce, 2)})});
}

base::Bytes encode_ocsp_response_data(const OcspAnswers& answers, base::ByteView responder_key_id) {
    const base::Bytes this_update = der::generalized_time(answers.this_update);
    const base::Bytes next_update = der::tlv(der::context_constructed(0), der::generalized_time(answers.next_update));
    base::Bytes list;
    for (const OcspAnswer& answer : answers.answers)
        base::append(list, der::sequence({answer.id_der, encode_status(answer), this_update, next_update}));
    return der::sequence({der::tlv(der::context_constructed(2), der::octet_string(responder_key_id)),
                          der::generalized_time(answers.produced_at), der::sequence({list}),
                          answers.nonce ? encode_nonce(*answers.nonce, 1) : base::Bytes{}});
}

base::Bytes assemble_ocsp_response(base::ByteView data, crypto::SignatureAlgorithm algorithm, base::ByteView signature,
                                   const Certificate& responder) {
    const base::Bytes basic = der::sequence({data, algorithm_identifier(algorithm), der::bit_string(signature),
                                             der::tlv(der::context_constructed(0), der::sequence({responder.der()}))});
    const base::Bytes bytes = der::sequence({der::oid(k_oid_basic), der::octet_string(basic)});
    return der::sequence({der::enumerated(0), der::tlv(der::context_constructed(0), bytes)});
}

base::Bytes encode_ocsp_failure(OcspFailure failure) {
    return der::sequence({der::enumerated(static_cast<std::uint8_t>(failure))});
}

}  // namespace signet::x509
