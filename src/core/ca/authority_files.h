#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "store/layout.h"
#include "x509/certificate.h"

namespace signet::ca {

/// A CA of an earlier generation: it signs no leafs any more, but its CRL and for its OCSP responder.
struct FormerCa {
    std::string id;
    x509::Certificate certificate;
    std::vector<x509::Certificate> between;  // of an issuing CA: what stands between it and its root
    bool compromised = false;                // of a root: no anchor any more
};

/// The certificates of one CA as they stand in authorities/NAME: what can be shown and published without any key.
struct AuthorityFiles {
    std::string name;
    x509::Certificate root;
    std::optional<x509::Certificate> issuing;  // absent: the root signs leafs
    std::vector<x509::Certificate> between;    // from the issuing CA's issuer up, without the root: a foreign hierarchy
    struct Foreign {
        std::string name;
        x509::Certificate certificate;
    };
    std::vector<Foreign> trusted;  // foreign anchors that count beside the root, sorted by name
    std::vector<FormerCa> former_issuing{}, former_roots{};  // newest first
    std::vector<x509::Certificate> cross{};                  // roots of this CA certified by others of it, both ways

    const x509::Certificate& signer() const { return issuing ? *issuing : root; }
    /// Every CA certificate above a leaf, the anchor last: the constraints of all of them bind.
    std::vector<x509::Certificate> above_leaf() const;
    /// What follows a leaf up to the root, without it.
    std::vector<x509::Certificate> chain() const;
    /// The same of whichever generation has this id, to its own root; empty for none of them, and for a root.
    std::vector<x509::Certificate> chain_of(std::string_view id) const;
    /// And on from there by cross-certificates, so that a peer with an anchor of another generation accepts it too:
    /// from the current root to the older ones, from an older one to the current one. What tls.crt holds.
    std::vector<x509::Certificate> sent_chain_of(std::string_view id) const;
    /// The root, those before it unless they are compromised, then the foreign ones.
    std::vector<x509::Certificate> anchors() const;
    /// Every CA whose leafs may live: the current signer first, then the former ones, newest first.
    std::vector<x509::Certificate> leaf_signers() const;
    /// The former root that a former issuing CA hangs on; nullptr for the current one.
    const FormerCa* former_root_of(const FormerCa& issuing) const;
};

/// Whether authorities/NAME holds a CA: its root.crt, which is the last file that comes into being, says so.
bool authority_exists(const store::Layout& layout, const std::string& name);
/// Names of all CAs of the store, sorted.
std::vector<std::string> authority_names(const store::Layout& layout);

/// A CA whose issuing key is made and whose certificate is still to come from elsewhere.
bool authority_waits(const store::Layout& layout, const std::string& name);

/// A CA that issues, and whose next generation waits for its certificate (`ca rotate` without the root's key).
bool rotation_waits(const store::Layout& layout, const std::string& name);

/// Reads and checks that all are CA certificates and that each signed the next; not whether they are valid now. Throws
/// not_found (naming the CAs there are), corrupt, permission.
AuthorityFiles read_authority_files(const store::Layout& layout, const std::string& name);

/// Refuses (permission, with the chmod that mends it) a key file that others may read. A key that is not there is fine.
void check_key_privacy(const store::Layout& layout, const std::string& name);

/// Certificates of CAs, one at least, each of which may sign certificates. Throws corrupt, naming the file.
std::vector<x509::Certificate> read_cas(const base::Path& path);

/// Why the CA `name` signs nothing at `now`: one of the certificates of `above`, from the issuing CA to the root, has
/// expired or does not hold yet. Kind ca_not_valid, with the command that mends it; nullopt when all hold.
std::optional<base::Error> not_valid(const std::vector<x509::Certificate>& above, const std::string& name,
                                     base::Time now);

/// First 8 hex digits of the subject key identifier: how generations of a CA are told apart.
std::string authority_id(const x509::Certificate& ca);

}  // namespace signet::ca
