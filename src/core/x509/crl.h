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

namespace signet::x509 {

/// An immutable parsed CRL (RFC 5280 section 5), read by our own strict reader. Keeps the DER and no index, so that one
/// of a million entries takes its own size. Cheap to copy (shared), thread-safe.
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
        std::vector<std::string> urls;
        bool only_user = false, only_ca = false;
    };

    const base::Bytes& der() const;
    const DistinguishedName& issuer() const;
    base::Time this_update() const;
    std::optional<base::Time> next_update() const;  // absent in some old ones: then nothing says how long it is good
    const std::optional<base::Bytes>& authority_key_id() const;
    const std::optional<base::Bytes>& number() const;  // content octets of CRLNumber
    const std::optional<Scope>& scope() const;
    /// Why no certificate's status can be told from it: a delta, an indirect one, one for some reasons only, a critical
    /// extension that is not known. nullopt for a usable one.
    const std::optional<std::string>& unusable() const;

    std::size_t size() const;  // entries
    /// Looks through all entries: 20 ms for a million.
    std::optional<Entry> find(base::ByteView serial) const;
    void for_each(const std::function<void(const Entry&)>& visit) const;

    bool signed_by(const crypto::PublicKey& key) const;

private:
    struct State;
    explicit Crl(std::shared_ptr<const State> state) : state_(std::move(state)) {}
    std::shared_ptr<const State> state_;
};

/// A file that is one DER CRL, or PEM with at least one "X509 CRL": its content tells. Throws bad_input or malformed
/// naming `what`.
std::vector<Crl> parse_crl_file(std::string_view contents, std::string_view what);

}  // namespace signet::x509
