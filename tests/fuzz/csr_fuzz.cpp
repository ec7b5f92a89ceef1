// A certificate signing request. The input is either a whole one, in DER or PEM, or (first octet 1) a subject and its
// attributes that are signed here, so that mutations get past the signature.
#include "crypto/signature.h"
#include "fuzz/fuzz.h"
#include "x509/algorithm.h"
#include "x509/csr.h"
#include "x509/der.h"

namespace signet::fuzz {
namespace {

namespace der = x509::der;
using x509::CertificateRequest;

const crypto::PrivateKey& signing_key() {
    static const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    return key;
}

base::Bytes sign(base::ByteView subject, base::ByteView attributes) {
    const auto& key = signing_key();
    const auto algorithm = crypto::default_algorithm(key);
    const auto request = der::sequence(
        {der::integer(0), subject, key.public_key().spki_der(), der::tlv(der::context_constructed(0), attributes)});
    return der::sequence(
        {request, x509::algorithm_identifier(algorithm), der::bit_string(crypto::sign(key, algorithm, request))});
}

void check(const CertificateRequest& request) {
    const auto again = CertificateRequest::from_der(request.der);
    require(again.names == request.names && again.other_names == request.other_names, "a request comes back");
    require(again.public_key == request.public_key && again.subject == request.subject, "a request comes back");
    for (const auto& name : request.names) require(!name.text().empty(), "a name has a text");
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    if (parts.number() != 1) {
        const auto text = base::text_of(input);
        if (auto request = accepted([&] { return CertificateRequest::from_file_contents(text, "input"); }))
            check(*request);
        return;
    }
    const auto subject = parts.piece();
    const auto signed_der = sign(subject, parts.rest());
    const auto request = accepted([&] { return CertificateRequest::from_der(signed_der); });
    if (!request) return;
    require(base::equal(request->der, signed_der), "a request keeps its DER");
    check(*request);
}

}  // namespace signet::fuzz
