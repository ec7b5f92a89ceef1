#include "x509/build.h"

#include <algorithm>

#include "base/error.h"
#include "crypto/digest.h"
#include "x509/algorithm.h"
#include "x509/der.h"
#include "x509/extensions.h"

namespace signet::x509 {
namespace {

constexpr std::size_t k_longest_serial = 20;  // RFC 5280 section 4.1.2.2

void require(bool ok, std::string_view what) {
    if (!ok) throw base::Error{base::Kind::internal, "a certificate template " + std::string(what)};
}

/// What policy must never have let through.
void check(const Template& content) {
    require(content.public_key.has_value(), "without a key");
    const base::Bytes& serial = content.serial;
    const bool positive = !serial.empty() && (serial[0] & 0x80) == 0 &&
                          std::any_of(serial.begin(), serial.end(), [](std::uint8_t o) { return o != 0; });
    const bool minimal = serial.size() == 1 || (positive && (serial[0] != 0 || (serial[1] & 0x80) != 0));
    require(positive && minimal && serial.size() <= k_longest_serial,
            "whose serial is not positive, minimal and of at most 20 octets");
    require(content.not_before <= content.not_after, "that ends before it begins");
    require(content.ca || !content.path_length, "with a path length but without CA");
    require(content.ca || content.name_constraints.empty(), "with name constraints but without CA");
    require(!content.ca || !content.subject.empty(), "of a CA without a subject");
    require(!content.subject.empty() || !content.names.empty(), "with neither subject nor names");
    const bool points = !content.crl_urls.empty() || !content.ocsp_urls.empty();
    require(!content.no_revocation_available || (!content.ca && !points), "with noRevAvail beside CA, CRL or OCSP");
}

base::Bytes encode_extension(std::string_view oid, bool critical, base::ByteView value) {
    return der::sequence({der::oid(oid), critical ? der::boolean(true) : base::Bytes{}, der::octet_string(value)});
}

base::Bytes encode_extensions(const ExtensionSource& source) {
    base::Bytes list;
    for (const ExtensionRow& row : extension_table()) {
        if (row.write == nullptr) continue;
        if (const auto written = row.write(source))
            base::append(list, encode_extension(row.oid, written->critical, written->value));
    }
    for (const Template::Extension& extra : source.content.extra) {
        const ExtensionRow* row = find_extension_row(extra.oid);
        require(row == nullptr || row->write == nullptr || !row->write(source),
                "with extension " + extra.oid + " twice");
        base::append(list, encode_extension(extra.oid, extra.critical, extra.value));
    }
    return der::tlv(der::context_constructed(3), der::sequence({list}));
}

}  // namespace

base::Bytes key_identifier(const crypto::PublicKey& key) {
    const auto digest = crypto::sha1(key.key_bits());
    return base::Bytes(digest.begin(), digest.end());
}

base::Bytes encode_tbs(const Template& content, const IssuerFields& issuer, crypto::SignatureAlgorithm algorithm) {
    check(content);
    const base::Bytes own_id = key_identifier(*content.public_key);
    // A self-signed certificate needs no AKI (RFC 5280 section 4.2.1.1): issuer and key are its own.
    const bool self_signed = issuer.name == content.subject && base::equal(own_id, issuer.key_identifier);
    const ExtensionSource source{content, own_id,
                                 self_signed ? base::ByteView{} : base::ByteView(issuer.key_identifier)};
    return der::sequence({
        der::tlv(der::context_constructed(0), der::integer(2)),
        der::tlv(der::k_integer, content.serial),
        algorithm_identifier(algorithm),
        issuer.name.der(),
        der::sequence({der::time(content.not_before), der::time(content.not_after)}),
        content.subject.der(),
        content.public_key->spki_der(),
        encode_extensions(source),
    });
}

base::Bytes assemble(base::ByteView tbs, crypto::SignatureAlgorithm algorithm, base::ByteView signature) {
    return der::sequence({tbs, algorithm_identifier(algorithm), der::bit_string(signature)});
}

Certificate build_certificate(const Template& content, const IssuerFields& issuer, const crypto::PrivateKey& key) {
    const auto algorithm = crypto::default_algorithm(key);
    const base::Bytes tbs = encode_tbs(content, issuer, algorithm);
    return Certificate::from_der(assemble(tbs, algorithm, crypto::sign(key, algorithm, tbs)));
}

Certificate build_self_signed(const Template& content, const crypto::PrivateKey& key) {
    return build_certificate(content, {content.subject, key_identifier(key.public_key())}, key);
}

}  // namespace signet::x509
