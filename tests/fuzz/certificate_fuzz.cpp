// A certificate in DER, and the identifier that renewal information calls it by (RFC 9773 section 4.1).
#include "acme/certificate_id.h"
#include "base/encoding.h"
#include "fuzz/fuzz.h"
#include "x509/certificate.h"
#include "x509/certificate_rules.h"

namespace signet::fuzz {
namespace {

void look_at(const x509::Certificate& certificate) {
    certificate.subject().text();
    certificate.issuer().comparison_keys();
    certificate.signature_algorithm_text();
    certificate.fingerprint_sha256();
    certificate.times_in_rfc5280_form();
    certificate.crl_urls();
    accepted([&] { return certificate.public_key(); });
    accepted([&] { return certificate.signed_by(certificate.public_key()); });
    for (const auto role : {x509::Role::leaf, x509::Role::intermediate, x509::Role::anchor}) {
        x509::broken_rules(certificate, role);
    }
    for (const auto& extension : certificate.extensions()) {
        require(certificate.find_extension(extension.oid) != nullptr, "an extension is found");
    }
}

void check_id(const x509::Certificate& certificate) {
    const auto id = acme::certificate_id(certificate);
    const auto serial = id ? accepted([&] { return acme::serial_of_certificate_id(*id); }) : std::nullopt;
    if (serial) require(*serial == certificate.serial_hex(), "a certificate identifier names the serial");
}

}  // namespace

void one_input(base::ByteView input) {
    accepted([&] { return acme::serial_of_certificate_id(base::text_of(input)); });
    const auto parsed = accepted([&] { return x509::Certificate::from_der(input); });
    if (!parsed) return;
    const auto& certificate = *parsed;
    require(base::equal(certificate.der(), input), "a certificate keeps its DER");
    require(base::hex_decode(certificate.serial_hex()) == certificate.serial(), "the serial has a text");
    require(x509::Certificate::from_der(certificate.der()) == certificate, "a certificate comes back");
    look_at(certificate);
    check_id(certificate);
}

}  // namespace signet::fuzz
