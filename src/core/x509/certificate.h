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
#include "x509/general_name.h"
#include "x509/identifier.h"
#include "x509/template.h"

namespace signet::x509 {

/// An immutable parsed certificate, read by our own strict DER reader (x509/der). Cheap to copy (shared), thread-safe.
class Certificate {
public:
    /// Exactly one DER certificate. Throws malformed saying what is not DER or not RFC 5280 syntax: duplicate
    /// extensions, a known extension that does not decode, extensions below version 3, two different signature
    /// algorithms. What has the syntax but breaks a duty of section 4 (a negative serial, say) is read;
    /// x509/certificate_rules judges it.
    static Certificate from_der(base::ByteView der);
    /// What a TBSCertificate would be once it is signed: the signature is empty, and good for no key. `key`, which
    /// stands in it, is not decoded again. Throws as from_der does.
    static Certificate unsigned_from(base::ByteView tbs, crypto::SignatureAlgorithm algorithm,
                                     const crypto::PublicKey& key);

    struct Extension {
        std::string oid;
        bool critical;
        base::Bytes value;
    };
    struct BasicConstraints {
        bool ca;
        std::optional<int> path_length;
    };

    /// Name constraints as they stand, for path validation; an IP base is address and mask.
    struct NameSubtrees {
        std::vector<GeneralName> permitted;
        std::vector<GeneralName> excluded;
    };
    /// Sections 4.2.1.4, 4.2.1.5, 4.2.1.11 and 4.2.1.14.
    struct Policies {
        std::optional<std::vector<std::string>> oids;
        std::vector<std::pair<std::string, std::string>> mappings;  // issuer's policy, subject's policy
        std::optional<int> require_explicit, inhibit_mapping, inhibit_any;
    };

    /// Section 4.2.1.13: where a CRL for this certificate comes from.
    struct CrlPoint {
        std::vector<GeneralName> names;
        base::Bytes relative;  // contents of the RDN that completes the CRL issuer's name; empty: absent
        std::optional<std::uint16_t> reasons;  // 1 << bit of ReasonFlags; absent: its CRL is for all of them
        std::vector<GeneralName> issuers;      // of the CRL, where it is another's than the certificate's
    };

    const base::Bytes& der() const;
    base::ByteView tbs_der() const;
    int version() const;                // 1, 2 or 3
    const base::Bytes& serial() const;  // content octets as they stand
    std::string serial_hex() const;     // lower case, no separators
    const DistinguishedName& issuer() const;
    const DistinguishedName& subject() const;
    base::Time not_before() const;
    base::Time not_after() const;
    base::ByteView spki_der() const;
    /// Decoded at first use. Throws bad_public_key.
    const crypto::PublicKey& public_key() const;
    /// dNSName, iPAddress, URI and rfc822Name of the SAN, in their order; other kinds are not here (see
    /// has_other_names).
    const std::vector<Identifier>& names() const;
    bool has_san() const;
    /// All entries of the SAN as they stand, those that are no valid Identifier too.
    const std::vector<GeneralName>& general_names() const;
    std::optional<BasicConstraints> basic_constraints() const;
    bool is_ca() const;
    std::optional<KeyUsages> key_usage() const;
    const std::vector<std::string>* extended_key_usage() const;  // nullptr when absent
    const std::optional<NameConstraints>& name_constraints() const;
    const std::optional<NameSubtrees>& name_subtrees() const;
    const Policies& policies() const;
    std::optional<base::Bytes> subject_key_id() const;
    std::optional<base::Bytes> authority_key_id() const;
    const std::vector<CrlPoint>& crl_points() const;
    std::vector<std::string> crl_urls() const;  // of them
    std::vector<std::string> ocsp_urls() const;
    std::vector<std::string> issuer_urls() const;
    bool no_revocation_available() const;
    bool must_staple() const;
    bool ocsp_no_check() const;
    /// Each time in the form of section 4.1.2.5: UTCTime up to 2049, GeneralizedTime after. Other forms are read, and
    /// noted here.
    bool times_in_rfc5280_form() const;
    const std::vector<Extension>& extensions() const;
    const Extension* find_extension(std::string_view oid) const;
    bool self_issued() const;  // issuer equals subject

    /// The algorithm, nullopt for one that signet does not verify.
    std::optional<crypto::SignatureAlgorithm> signature_algorithm() const;
    std::string signature_algorithm_text() const;  // for messages
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
