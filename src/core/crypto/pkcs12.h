#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace signet::crypto {

/// What goes into a PKCS#12 file (RFC 7292). DER throughout; the private key is PKCS#8 PEM.
struct Pkcs12 {
    base::Secret key_pem;             // empty: a trust store
    base::Bytes certificate;          // the key's; empty in a trust store
    std::vector<base::Bytes> others;  // what follows it, or the anchors of a trust store
    std::string name;                 // friendlyName of key and certificate; those of anchors get a number behind it
    bool legacy = false;              // 3DES and SHA-1 for old readers, instead of AES-256, PBKDF2 and SHA-256
};

/// The file, encrypted and authenticated by the password. Anchors carry the attribute that makes Java list them as
/// trustedCertEntry. Throws bad_input for a password that is empty, too long or no UTF-8.
base::Secret encode_pkcs12(const Pkcs12& content, const base::Secret& password);

}  // namespace signet::crypto
