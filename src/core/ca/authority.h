#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "ca/approved_template.h"
#include "ca/authority_files.h"
#include "ca/key_opener.h"
#include "store/layout.h"
#include "x509/certificate.h"
#include "x509/crl_builder.h"

namespace signet::ca {

/// Where the root's key is, and who opens it.
struct RootKeySource {
    std::optional<base::Path> file;  // absent: root.key of the CA
    std::shared_ptr<KeyOpener> keys;
};

/// One CA of the store, with its issuing key, which never leaves it: it signs approved templates and CRLs, and nothing
/// else. The root's key is not kept: it is read for each signature of the root.
/// Immutable after loading, thread-safe.
class Authority {
public:
    ~Authority();
    /// Loads authorities/NAME: checks that keys are private and fit their certificates. Throws not_found, permission,
    /// corrupt; ca_not_valid when it does not hold yet at `now`; KeyLocked. An expired one is loaded: see not_valid.
    /// Without `keys` only keys that are not encrypted are opened.
    static std::shared_ptr<const Authority> load(const store::Layout& layout, const std::string& name, base::Time now,
                                                 const std::shared_ptr<KeyOpener>& keys = {});

    const std::string& name() const;
    const AuthorityFiles& files() const;
    const x509::Certificate& issuing() const;
    const x509::Certificate& root() const;
    bool root_only() const;                             // leafs are signed by the root
    std::string issuing_id() const;                     // first 8 hex digits of the subject key identifier
    std::vector<x509::Certificate> chain() const;       // above a leaf: the issuing CA and further up, without the root
    std::vector<x509::Certificate> sent_chain() const;  // what follows the leaf in tls.crt: with cross-certificates
    /// Why it can sign no certificate at `now`, though its CRLs and OCSP answers go on; nullopt: it can.
    std::optional<base::Error> not_valid(base::Time now) const;
    std::vector<x509::Certificate> anchors() const;  // what counts as trusted now: ca.crt, /ca.pem

    /// Draws the serial (128 random bits, positive), signs, reads the result back with our own reader, verifies it.
    x509::Certificate sign(ApprovedTemplate&& approved, base::Random& random) const;
    /// The same in the root's name. Its key is read for this one signature, and forgotten.
    static x509::Certificate sign_by_root(const store::Layout& layout, const AuthorityFiles& files,
                                          const RootKeySource& root_key, ApprovedTemplate&& approved,
                                          base::Random& random);
    /// With a key in memory, in the name of `owner`, whose key it is: a CA in the making.
    static x509::Certificate sign_with(const crypto::PrivateKey& key, const x509::Certificate& owner,
                                       ApprovedTemplate&& approved, base::Random& random);
    /// DER of a request for another certificate of the same key, name and constraints.
    base::Bytes certificate_request() const;

    /// The CAs that this authority can speak for, by CRL and OCSP: the issuing CA, then the root and those of former
    /// generations whose keys are here.
    std::vector<x509::Certificate> signers() const;
    /// The same as `sign`, in the name of one of the signers, named by its id. Throws not_found.
    x509::Certificate sign_as(std::string_view signer_id, ApprovedTemplate&& approved, base::Random& random) const;
    /// The DER of a CRL of one of the signers, in its own name always; `fill` adds the entries. Throws not_found.
    base::Bytes sign_crl(std::string_view signer_id, const x509::CrlFields& fields, std::size_t expected_entries,
                         const std::function<void(x509::CrlBuilder&)>& fill) const;

private:
    struct State;
    explicit Authority(std::unique_ptr<const State> state);
    std::unique_ptr<const State> state_;
};

/// Opens the key that signs leafs, whether its certificate is valid now or not. Throws corrupt, KeyLocked.
void check_issuing_key(const store::Layout& layout, const AuthorityFiles& files,
                       const std::shared_ptr<KeyOpener>& keys);
/// Throws corrupt when root.key is there and is not the root's; it may be away from the machine.
void check_root_key(const store::Layout& layout, const AuthorityFiles& files,
                    const std::shared_ptr<KeyOpener>& keys = {});

/// The authorities of a store, loaded at first use and again when their files change: looked at each time, or by a busy
/// server every `look_every` at most. One whose keys were encrypted anew meanwhile, under a passphrase that is not at
/// hand, goes on with the key it has. Thread-safe.
class Authorities {
public:
    Authorities(const store::Layout& layout, base::Clock& clock, std::shared_ptr<KeyOpener> keys = {},
                std::chrono::milliseconds look_every = {});
    ~Authorities();
    std::shared_ptr<const Authority> get(const std::string& name);
    std::vector<std::string> names() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace signet::ca
