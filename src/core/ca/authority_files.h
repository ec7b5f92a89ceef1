#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/layout.h"
#include "x509/certificate.h"

namespace signet::ca {

/// The certificates of one CA as they stand in authorities/NAME: what can be shown and published without any key.
struct AuthorityFiles {
    std::string name;
    x509::Certificate root;
    std::optional<x509::Certificate> issuing;  // absent: the root signs leafs

    const x509::Certificate& signer() const { return issuing ? *issuing : root; }
};

/// Whether authorities/NAME holds a CA: its root.crt, which is the last file that comes into being, says so.
bool authority_exists(const store::Layout& layout, const std::string& name);
/// Names of all CAs of the store, sorted.
std::vector<std::string> authority_names(const store::Layout& layout);

/// Reads and checks that both are CA certificates and that the root signed the issuing one; not whether they are
/// valid now. Throws not_found (naming the CAs there are), corrupt, permission.
AuthorityFiles read_authority_files(const store::Layout& layout, const std::string& name);

/// Refuses (permission, with the chmod that mends it) a key file that others may read. A key that is not there is fine.
void check_key_privacy(const store::Layout& layout, const std::string& name);

/// First 8 hex digits of the subject key identifier: how generations of a CA are told apart.
std::string authority_id(const x509::Certificate& ca);

}  // namespace signet::ca
