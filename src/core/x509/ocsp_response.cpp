#include "x509/ocsp_response.h"

#include "base/encoding.h"
#include "x509/algorithm.h"
#include "x509/der.h"

namespace signet::x509 {
namespace {

constexpr std::size_t k_largest_response = 1 << 20;
constexpr std::size_t k_most_answers = 1000;
constexpr std::size_t k_most_certificates = 16;
constexpr char k_response_basic[] = "1.3.6.1.5.5.7.48.1.1", k_response_nonce[] = "1.3.6.1.5.5.7.48.1.2";
constexpr char k_hash_sha1[] = "1.3.14.3.2.26", k_hash_sha256[] = "2.16.840.1.101.3.4.2.1";

base::Bytes kept(base::ByteView bytes) { return {bytes.begin(), bytes.end()}; }

int one_octet(der::Reader& reader, std::string_view field) {
    const base::ByteView contents = reader.read(der::k_enumerated, field).contents;
    if (contents.size() != 1 || contents[0] > 127) der::fail(field, "not a small number");
    return contents[0];
}

OcspCertId::Hash hash_of(der::Reader fields) {
    const std::string oid = fields.oid("hashAlgorithm");
    if (oid == k_hash_sha1) return OcspCertId::Hash::sha1;
    return oid == k_hash_sha256 ? OcspCertId::Hash::sha256 : OcspCertId::Hash::other;
}

void read_status(der::Reader& fields, OcspResponse::Single& out) {
    if (fields.read_if(der::context(0), "good")) {
        out.status = OcspStatus::good;
    } else if (const auto revoked = fields.read_if(der::context_constructed(1), "revoked")) {
        out.status = OcspStatus::revoked;
        der::Reader inside(revoked->contents);
        out.revoked_at = inside.time("revocationTime");
        if (const auto reason = inside.read_if(der::context_constructed(0), "revocationReason")) {
            der::Reader wrapped(reason->contents);
            out.reason = one_octet(wrapped, "revocationReason");
            wrapped.finish("revocationReason");
        }
        inside.finish("revoked");
    } else {
        fields.read(der::context(2), "certStatus");
        out.status = OcspStatus::unknown;
    }
}

/// Whether one of them is critical and not known; the nonce is kept.
bool read_extensions(der::Reader outer, std::optional<base::Bytes>& nonce) {
    der::Reader list = outer.sequence("Extensions");
    outer.finish("Extensions");
    bool unknown = false;
    while (!list.at_end()) {
        der::Reader extension = list.sequence("Extension");
        const std::string oid = extension.oid("extnID");
        const bool critical = extension.next_is(der::k_boolean) && extension.boolean("critical");
        der::Reader value(extension.octet_string("extnValue"));
        if (oid == k_response_nonce)
            nonce = kept(value.octet_string("nonce"));
        else
            unknown |= critical;
    }
    return unknown;
}

OcspResponse::Single read_single(der::Reader fields, bool& unknown_critical) {
    OcspResponse::Single out{};
    der::Reader id = fields.sequence("certID");
    out.id.hash = hash_of(id.sequence("hashAlgorithm"));
    out.id.issuer_name_hash = kept(id.octet_string("issuerNameHash"));
    out.id.issuer_key_hash = kept(id.octet_string("issuerKeyHash"));
    out.id.serial = kept(id.integer("serialNumber"));
    id.finish("certID");
    read_status(fields, out);
    out.this_update = fields.time("thisUpdate");
    if (const auto next = fields.read_if(der::context_constructed(0), "nextUpdate")) {
        der::Reader inside(next->contents);
        out.next_update = inside.time("nextUpdate");
        inside.finish("nextUpdate");
    }
    std::optional<base::Bytes> ignored;
    if (const auto extensions = fields.read_if(der::context_constructed(1), "singleExtensions"))
        unknown_critical |= read_extensions(der::Reader(extensions->contents), ignored);
    fields.finish("SingleResponse");
    return out;
}

void read_responder(der::Reader& data, OcspResponse& out) {
    if (const auto name = data.read_if(der::context_constructed(1), "byName")) {
        out.responder_name = kept(name->contents);
        out.responder = DistinguishedName::from_der(name->contents).text();
        return;
    }
    der::Reader key = data.enter(der::context_constructed(2), "byKey");
    out.responder_key_hash = kept(key.octet_string("byKey"));
    key.finish("byKey");
    out.responder = "key " + base::hex_encode(out.responder_key_hash);
}

void read_data(der::Reader data, OcspResponse& out) {
    data.read_if(der::context_constructed(0), "version");
    read_responder(data, out);
    out.produced_at = data.time("producedAt");
    der::Reader list = data.sequence("responses");
    while (!list.at_end()) {
        if (out.answers.size() == k_most_answers) der::fail("responses", "more than a thousand");
        out.answers.push_back(read_single(list.sequence("SingleResponse"), out.unknown_critical));
    }
    if (const auto extensions = data.read_if(der::context_constructed(1), "responseExtensions"))
        out.unknown_critical |= read_extensions(der::Reader(extensions->contents), out.nonce);
    data.finish("tbsResponseData");
}

void read_basic(der::Reader outer, OcspResponse& out) {
    der::Reader basic = outer.sequence("BasicOCSPResponse");
    outer.finish("BasicOCSPResponse");
    const der::Element data = basic.read(der::k_sequence, "tbsResponseData");
    out.signed_part = kept(data.whole);
    read_data(der::Reader(data.contents), out);
    const base::ByteView algorithm = read_algorithm(basic, "signatureAlgorithm");
    out.signature_algorithm = describe_algorithm(algorithm);
    out.algorithm = parse_algorithm(algorithm);
    out.signature = kept(basic.octet_bits("signature"));
    if (const auto certificates = basic.read_if(der::context_constructed(0), "certs")) {
        der::Reader wrapped(certificates->contents);
        der::Reader list = wrapped.sequence("certs");
        wrapped.finish("certs");
        while (!list.at_end()) {
            if (out.certificates.size() == k_most_certificates) der::fail("certs", "too many");
            out.certificates.push_back(Certificate::from_der(list.read(der::k_sequence, "certs").whole));
        }
    }
    basic.finish("BasicOCSPResponse");
}

}  // namespace

OcspResponse parse_ocsp_response(base::ByteView der) {
    if (der.size() > k_largest_response) der::fail("OCSPResponse", "larger than a megabyte");
    der::Reader outer(der);
    der::Reader response = outer.sequence("OCSPResponse");
    outer.finish("OCSPResponse");
    OcspResponse out;
    out.der = kept(der);
    out.status = one_octet(response, "responseStatus");
    if (const auto bytes = response.read_if(der::context_constructed(0), "responseBytes")) {
        der::Reader wrapped(bytes->contents);
        der::Reader fields = wrapped.sequence("responseBytes");
        wrapped.finish("responseBytes");
        if (fields.oid("responseType") != k_response_basic) der::fail("responseType", "not basic");
        read_basic(der::Reader(fields.octet_string("response")), out);
        fields.finish("responseBytes");
    } else if (out.status == 0) {
        der::fail("OCSPResponse", "successful, and without an answer");
    }
    response.finish("OCSPResponse");
    return out;
}

bool OcspResponse::signed_by(const crypto::PublicKey& key) const {
    return algorithm && crypto::verify(key, *algorithm, signed_part, signature);
}

std::string_view ocsp_response_status_name(int status) {
    constexpr std::string_view k_names[] = {"successful", "malformedRequest", "internalError", "tryLater",
                                            "",           "sigRequired",      "unauthorized"};
    return status >= 0 && static_cast<std::size_t>(status) < std::size(k_names)
               ? k_names[static_cast<std::size_t>(status)]
               : std::string_view();
}

}  // namespace signet::x509
