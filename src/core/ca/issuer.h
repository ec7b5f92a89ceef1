#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "ca/authority.h"
#include "ca/policy.h"
#include "store/records.h"
#include "store/store.h"

namespace signet::ca {

struct Issued {
    x509::Certificate certificate;
    std::vector<x509::Certificate> chain;  // what follows the leaf
    std::vector<x509::Certificate> anchors;
    store::CertificateRecord record;
    std::vector<std::string> notes;
};

/// Where a list of keys that everybody knows may lie: the store's, the machine's.
std::vector<base::Path> weak_key_files(const store::Layout& layout);

/// The chokepoint: every certificate of this CA comes through `issue`. Policy decides, the authority signs, and the
/// certificate is recorded with its audit entry in one durable transaction before anyone sees it. Refusals are audited
/// too, unless the request says that its caller does. Thread-safe.
class Issuer {
public:
    Issuer(store::Store& store, Authorities& authorities, base::Clock& clock, base::Random& random);

    /// `in_same_transaction` may record more (the order becoming valid) or throw to undo it all; it may run twice.
    /// Throws refused (or the single refusal's kind) with every reason as parts.
    Issued issue(
        const IssuanceRequest& request,
        const std::function<void(store::Transaction&, const store::CertificateRecord&)>& in_same_transaction = {});

    /// A certificate for the key of an OCSP responder, in the name of one of the authority's signers: recorded and
    /// audited like any other.
    x509::Certificate issue_responder(const Authority& authority, const x509::Certificate& signer,
                                      const crypto::PublicKey& key, base::Duration validity);

    /// A subordinate CA under the root of `authority`, whose key is opened for this one signature. Recorded and audited
    /// like any other, a refusal too. Throws not_found when the root's key is neither here nor named.
    Issued issue_subordinate(const std::string& authority, const SubordinateRequest& request,
                             const RootKeySource& root_key);

    /// A certificate that every server must refuse (approve_refusal_test), with what follows it in a chain: of that
    /// authority of the store which issued `model`. Recorded and audited like any other. Throws refused without one.
    std::vector<x509::Certificate> issue_refusal_test(const x509::Certificate& model, const crypto::PublicKey& key,
                                                      RefusalTest test, const Operator& requester);

    std::vector<base::ErrorPart> preview(const IssuanceRequest& request);

    /// The id of the CA that signs for this authority now: it changes when a generation does.
    std::string issuing_id(const std::string& authority) { return authorities_.get(authority)->issuing_id(); }

    /// Base of the CRL, OCSP and AIA URLs in what is issued from then on; empty: none are written.
    void set_public_http_url(std::string url);

    /// Why nobody may use this key, by itself (crypto::weakness) or since the list of the store or the machine has it;
    /// nullopt when fit.
    std::optional<std::string> weakness(const crypto::PublicKey& key) { return crypto::weakness(key, &weak_keys_); }
    /// The same of a key that was fit once: two looks at files for an RSA key, nothing for others.
    std::optional<std::string> listed_weakness(const crypto::PublicKey& key) {
        return crypto::listed_weakness(key, &weak_keys_);
    }

private:
    using Further = std::function<void(store::Transaction&, const store::CertificateRecord&)>;
    IssuerFacts facts_of(const Authority& authority);
    std::string public_http_url() const;
    std::shared_ptr<const Authority> authority_of(const x509::Certificate& certificate);
    bool record(const store::CertificateRecord& record, const store::AuditRecord& audit, const crypto::PublicKey& key,
                const Further& further);

    store::Store& store_;
    Authorities& authorities_;
    base::Clock& clock_;
    base::Random& random_;
    crypto::WeakKeyList weak_keys_;
    mutable std::mutex url_mutex_;
    std::string public_http_url_;
};

}  // namespace signet::ca
