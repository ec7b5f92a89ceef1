#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/key.h"
#include "x509/distinguished_name.h"
#include "x509/general_name.h"

namespace signet::x509 {

/// An immutable parsed CRL (RFC 5280 section 5), read by our own strict reader. Keeps the DER and no index, so that one
/// of a million entries takes its own size; of an indirect one, where another issuer's entries begin. Cheap to copy
/// (shared), thread-safe.
class Crl {
public:
    /// Exactly one DER CertificateList, every entry looked at. Throws malformed.
    static Crl from_der(base::Bytes der);

    struct Entry {
        base::ByteView serial;  // content octets, within the CRL
        base::Time revoked_at;
        int reason;  // 0 when none is given
    };
    /// issuingDistributionPoint (section 5.2.5): which certificates the CRL is for.
    struct Scope {
        std::vector<GeneralName> names;
        base::Bytes relative;  // contents of the RDN that completes the issuer's name; empty: absent
        bool only_user = false, only_ca = false;
        std::optional<std::uint16_t> reasons;  // 1 << bit of ReasonFlags; absent: all
        bool indirect = false;                 // entries may be of other issuers' certificates
        base::Bytes der;

        std::vector<std::string> urls() const;  // of the names
    };

    const base::Bytes& der() const;
    const DistinguishedName& issuer() const;
    base::Time this_update() const;
    std::optional<base::Time> next_update() const;  // absent in some old ones: then nothing says how long it is good
    const std::optional<base::Bytes>& authority_key_id() const;
    const std::optional<base::Bytes>& number() const;  // content octets of CRLNumber
    /// What a delta CRL is the difference to: complete ones with this number or a later one (section 5.2.4).
    const std::optional<base::Bytes>& base_number() const;
    const std::optional<Scope>& scope() const;
    /// Why no certificate's status can be told from it: a critical extension that is not known, attribute certificates
    /// only. nullopt for a usable one.
    const std::optional<std::string>& unusable() const;

    std::size_t size() const;  // entries
    /// The last entry of a certificate, looking through all: 20 ms for a million. An indirect CRL has entries of
    /// several issuers.
    std::optional<Entry> find(base::ByteView serial, const DistinguishedName& certificate_issuer) const;
    std::optional<Entry> find(base::ByteView serial) const { return find(serial, issuer()); }
    void for_each(const std::function<void(const Entry&)>& visit) const;

    /// Verified once for a key, for the first so many of them.
    static constexpr std::size_t k_keys_kept = 8;
    bool signed_by(const crypto::PublicKey& key) const;

private:
    struct State;
    explicit Crl(std::shared_ptr<const State> state) : state_(std::move(state)) {}
    std::shared_ptr<const State> state_;
};

inline constexpr char k_crl_pem_label[] = "X509 CRL";
/// A file that is one DER CRL, or PEM with at least one of this label: its content tells. Throws bad_input or malformed
/// naming `what`.
std::vector<Crl> parse_crl_file(std::string_view contents, std::string_view what);

/// By value, whatever zeros they begin with: content octets of CRLNumber (RFC 5280 section 5.2.3).
bool crl_number_less(base::ByteView a, base::ByteView b);
/// Decimal, as operators compare it; hex with 0x for one beyond 64 bits; empty for none.
std::string crl_number_text(const std::optional<base::Bytes>& number);

}  // namespace signet::x509
