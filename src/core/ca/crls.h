#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/file_watch.h"
#include "ca/authority.h"
#include "ca/authority_settings.h"
#include "store/store.h"

namespace signet::ca {

/// A CRL as it was signed.
struct SignedCrl {
    base::Bytes der;
    std::string issuer_id;
    std::int64_t number = 0, revision = 0;
    std::size_t entries = 0;
    base::Time this_update, next_update;
};

/// Signs a new CRL of one signer of the authority over what the store knows: complete, with a number above all before
/// (RFC 5280 section 5.2.3). A certificate that has ended leaves once it has been on a CRL made after its end (section
/// 3.3), and not before one whole validity has passed. One process at a time does it. Throws not_found for a CA whose
/// key is not here.
SignedCrl sign_new_crl(store::Store& store, const Authority& authority, std::string_view signer_id,
                       base::Duration validity, base::Time now);

/// The CRLs of all authorities, from memory; signed anew by the first who asks after any process's revocation, and at
/// half of their validity. Thread-safe. Who asks while another one signs gets the CRL before, as long as it is in
/// force: a new one has what was revoked before its signing began, and signing a large one takes a second.
class Crls {
public:
    Crls(store::Store& store, Authorities& authorities, base::Clock& clock);
    ~Crls();
    /// In force for the next one that is signed.
    void configure(AuthorityTable settings);

    /// `which`: an id, "root", or empty for the current issuing CA. When a new one cannot be signed, the one before as
    /// long as it is good, and the reason in the log. Of a CA whose key is elsewhere the last one that was imported
    /// (ca/authority_crls.h), ended or not: no other is to be had. Throws not_found.
    std::shared_ptr<const SignedCrl> get(const std::string& authority, std::string_view which);
    /// Why the CRLs of this authority are stale: not to be signed, or less than a quarter of their validity left.
    std::optional<std::string> stale(const std::string& authority);
    /// Signs ahead whatever is due.
    void refresh();

private:
    struct Slot;
    std::shared_ptr<Slot> slot(const std::string& authority, const std::string& signer_id);
    std::shared_ptr<const SignedCrl> imported(const Authority& authority, const std::string& id);
    base::Duration validity(const std::string& authority) const;
    /// Nothing was revoked since it was signed, and it is not to be replaced for its age.
    bool fresh(const SignedCrl& crl) const;

    store::Store& store_;
    Authorities& authorities_;
    base::Clock& clock_;
    mutable std::mutex mutex_;
    AuthorityTable settings_;
    std::map<std::string, std::shared_ptr<Slot>, std::less<>> slots_;
    struct Imported {
        base::FileLook look;
        std::shared_ptr<const SignedCrl> crl;
    };
    std::map<std::string, Imported, std::less<>> imported_;
};

}  // namespace signet::ca
