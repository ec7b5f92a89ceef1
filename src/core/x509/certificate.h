#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/key.h"
#include "crypto/signature.h"
#include "x509/distinguished_name.h"
#include "x509/identifier.h"
#include "x509/template.h"

namespace signet::x509 {

/// An immutable parsed certificate, read by our own strict DER reader (x509/der). Cheap to copy (shared), thread-safe.
class Certificate {
public:
    /// Exactly one DER certificate. Throws malformed saying what is not DER or not RFC 5280 syntax.
    static Certificate from_der(base::ByteView der);

    struct Extension {
        std::string oid;
        bool critical;
        base::Bytes value;
    };
    struct BasicConstraints {
        bool ca;
        std::optional<int> path_length;
    };

    const base::Bytes& der() const;
    base::ByteView tbs_der() const;
    int version() const;  // 1, 2 or 3
    const base::Bytes& serial() const;   // content octets as they stand
    std::string serial_hex() const;      // lower case, no separators
    const DistinguishedName& issuer() const;
    const DistinguishedName& subject() const;
    base::Time not_before() const;
    base::Time not_after() const;
    base::ByteView spki_der() const;
    /// Decoded at first use. Throws bad_public_key.
    const crypto::PublicKey& public_key() const;
    /// dNSName, iPAddress, URI and rfc822Name of the SAN, in their order; other kinds are not here (see has_other_names).
    const std::vector<Identifier>& names() const;
    bool has_san() const;
    std::optional<BasicConstraints> basic_constraints() const;
    bool is_ca() const;
    std::optional<KeyUsages> key_usage() const;
    const std::vector<std::string>* extended_key_usage() const;  // nullptr when absent
    const std::optional<NameConstraints>& name_constraints() const;
    std::optional<base::Bytes> subject_key_id() const;
    std::optional<base::Bytes> authority_key_id() const;
    std::vector<std::string> crl_urls() const;
    std::vector<std::string> ocsp_urls() const;
    std::vector<std::string> issuer_urls() const;
    const std::vector<Extension>& extensions() const;
    const Extension* find_extension(std::string_view oid) const;
    bool self_issued() const;  // issuer equals subject

    /// The algorithm, nullopt for one that signet does not verify.
    std::optional<crypto::SignatureAlgorithm> signature_algorithm() const;
    base::ByteView signature() const;
    bool signed_by(const crypto::PublicKey& key) const;
    std::string fingerprint_sha256() const;  // hex over the DER

    friend bool operator==(const Certificate& a, const Certificate& b) { return a.der() == b.der(); }

private:
    struct State;
    explicit Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}
    std::shared_ptr<const State> state_;
};

}  // namespace signet::x509
