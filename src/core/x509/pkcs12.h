#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/key.h"
#include "x509/certificate.h"

namespace signet::x509 {

/// What a PKCS#12 file (RFC 7292) holds, without what is secret.
struct Pkcs12Contents {
    std::vector<Certificate> certificates;
    std::vector<crypto::PublicKey> keys;  // of the private keys, their public halves
};

/// Whether the bytes look like one: a SEQUENCE that begins with the version, 3.
bool looks_like_pkcs12(base::ByteView der);
/// Checks the password by the file's MAC, where it has one. Without `password` the empty one is tried. Throws bad_input
/// naming `what` (no PKCS#12, damaged, password needed, a cipher that this OpenSSL does not have, or more hashing than
/// a file should ask for) or refused (wrong password). Private keys are decrypted, and wiped at once.
Pkcs12Contents read_pkcs12(base::ByteView der, std::string_view what, const base::Secret* password);

}  // namespace signet::x509
