#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "crypto/key.h"
#include "x509/certificate.h"
#include "x509/crl.h"
#include "x509/csr.h"
#include "x509/ocsp_response.h"

namespace signet::inspect {

/// The half of a key that may be shown.
struct ShownKey {
    bool is_private;  // in the file; what is here is its public half
    crypto::PublicKey key;
};
/// A private key that takes a passphrase.
struct EncryptedKey {};

/// What a file can hold that `show` explains.
using Thing =
    std::variant<x509::Certificate, x509::CertificateRequest, ShownKey, EncryptedKey, x509::Crl, x509::OcspResponse>;

/// Everything in a file, in its order, told by content and never by name: PEM with any number of blocks, or DER of a
/// certificate, request, CRL, OCSP response, private or public key, or PKCS#12 (RFC 7292), whose certificates and keys
/// come one by one. Blocks of other labels are passed over. Throws bad_input naming `what` when nothing in it is known
/// or something is damaged, and as x509::read_pkcs12 does.
std::vector<Thing> read_things(const base::Secret& contents, std::string_view what, const base::Secret* p12_password);

}  // namespace signet::inspect
