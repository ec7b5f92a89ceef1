// What a CRL and an OCSP response say. The input is the signed part of the one or the other; it is signed here by the
// issuer, so that mutations get past the signature.
#include <chrono>

#include "fuzz/fuzz.h"
#include "x509/algorithm.h"
#include "x509/build.h"
#include "x509/der.h"
#include "x509/ocsp.h"
#include "x509/revocation.h"

namespace signet::fuzz {
namespace {

namespace der = x509::der;
const base::Time k_now = base::from_unix(1'800'000'000);

const crypto::PrivateKey& key() {
    static const auto made = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    return made;
}

x509::Certificate certificate(std::uint8_t serial, bool ca) {
    x509::Template content;
    content.serial = {serial};
    content.subject.add("CN", ca ? "root" : "leaf");
    content.not_before = k_now - std::chrono::hours(1);
    content.not_after = k_now + std::chrono::hours(1);
    content.ca = ca;
    content.key_usage = usage_bit(ca ? x509::KeyUsage::crl_sign : x509::KeyUsage::digital_signature);
    content.public_key = key().public_key();
    x509::DistinguishedName issuer;
    issuer.add("CN", "root");
    return x509::build_certificate(content, {issuer, x509::key_identifier(key().public_key())}, key());
}

base::Bytes signature(base::ByteView signed_part) {
    return crypto::sign(key(), crypto::SignatureAlgorithm::ecdsa_sha256, signed_part);
}

}  // namespace

void one_input(base::ByteView input) {
    static const x509::Certificate issuer = certificate(1, true), leaf = certificate(5, false);
    x509::RevocationEvidence evidence;
    const auto algorithm = crypto::SignatureAlgorithm::ecdsa_sha256;
    const base::Bytes list =
        der::sequence({input, x509::algorithm_identifier(algorithm), der::bit_string(signature(input))});
    if (auto crl = accepted([&] { return x509::Crl::from_der(list); })) evidence.crls.push_back(*std::move(crl));
    const base::Bytes response = x509::assemble_ocsp_response(input, algorithm, signature(input), issuer);
    if (auto read = accepted([&] { return x509::parse_ocsp_response(response); }))
        evidence.responses.push_back(*std::move(read));
    accepted([&] { return x509::parse_ocsp_request(input); });
    const auto status = x509::revocation_status(leaf, issuer, evidence, k_now);
    const bool silent = evidence.crls.empty() && evidence.responses.empty();
    require(!silent || status.state == x509::RevocationStatus::State::unknown, "nothing said, nothing known");
    require(status.state == x509::RevocationStatus::State::good || !status.why.empty(), "a status has its reason");
}

}  // namespace signet::fuzz
