#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/context.h"
#include "crypto/key.h"
#include "x509/certificate.h"
#include "x509/crl.h"
#include "x509/ocsp_response.h"

namespace signet::cli {

/// Reads what `verify` is given: PEM, DER or PKCS#12, told by content. A file that is not there is input that cannot be
/// used (exit 2), as is one that holds something else.
class VerifyInput {
public:
    VerifyInput(Context& context, const std::optional<base::Path>& p12_password_file);

    struct Subject {
        std::vector<x509::Certificate> certificates;  // the one to verify first
        std::optional<crypto::PublicKey> key;         // where the file has a private key too
    };
    /// Of PKCS#12, the certificate of its key comes first. A directory stands for the tls.crt in it.
    Subject subject(const base::Path& path) const;
    std::vector<x509::Certificate> certificates(const std::vector<base::Path>& paths) const;
    std::vector<x509::Crl> crls(const std::vector<base::Path>& paths) const;
    std::vector<x509::OcspResponse> responses(const std::vector<base::Path>& paths) const;
    /// The public half of a private key, under the passphrase of --passphrase-file where it has one.
    crypto::PublicKey key(const base::Path& path) const;
    /// The PEM of a private key for TLS, not encrypted.
    base::Secret key_pem(const base::Path& path) const;

private:
    void warn_of_readers(const base::Path& path) const;

    Context& context_;
    std::unique_ptr<const base::Secret> password_;
};

}  // namespace signet::cli
