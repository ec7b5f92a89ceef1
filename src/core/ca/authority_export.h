#pragma once

#include <memory>

#include "ca/authority_files.h"
#include "ca/key_opener.h"

namespace signet::ca {

/// The PEM, in the clear, of the private key of `owner`, the root or the issuing CA, for who asked for that very thing
/// and has said so to the audit log. Throws not_found for a key that is elsewhere, corrupt, KeyLocked.
base::Secret export_key(const store::Layout& layout, const AuthorityFiles& files, const x509::Certificate& owner,
                        const std::shared_ptr<KeyOpener>& keys);

}  // namespace signet::ca
