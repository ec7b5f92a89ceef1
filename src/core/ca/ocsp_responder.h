#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "ca/authority_settings.h"
#include "ca/issuer.h"

namespace signet::ca {

/// Answers OCSP requests (RFC 6960) about the certificates of an authority, from the store as it is at that moment:
/// nothing that was good is repeated from memory. For each signer of the authority it has a key of its own, made anew
/// in each process, with a short-lived certificate under the built-in profile. Thread-safe.
class OcspResponder {
public:
    OcspResponder(store::Store& store, Authorities& authorities, Issuer& issuer, base::Clock& clock);
    ~OcspResponder();
    void configure(AuthorityTable settings);

    /// The DER of an OCSPResponse, whatever the request is. All CertIDs of one request are answered in the name of one
    /// CA, the first that is known; those of others, and serials that were never issued, are `unknown`. Without any
    /// known CA the response is `unauthorized`. Throws not_found when there is no such authority.
    base::Bytes answer(const std::string& authority, base::ByteView request);
    /// Gets certificates that are due, ahead of the next request.
    void refresh();

private:
    struct Delegate;
    std::shared_ptr<const Delegate> delegate(const Authority& authority, const x509::Certificate& signer);
    base::Duration validity(const std::string& authority) const;

    store::Store& store_;
    Authorities& authorities_;
    Issuer& issuer_;
    base::Clock& clock_;
    mutable std::mutex mutex_;
    std::mutex issuing_;  // held while a certificate is made: the others want that very one
    AuthorityTable settings_;
    std::map<std::string, std::shared_ptr<const Delegate>, std::less<>> delegates_;  // by the signer's fingerprint
};

}  // namespace signet::ca
