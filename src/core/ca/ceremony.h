#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "ca/authority.h"
#include "ca/permitted_names.h"
#include "crypto/key.h"
#include "store/store.h"

namespace signet::ca {

/// What `ca init` asks for. Everything but the name may be absent: absent options never differ from what is there.
struct InitRequest {
    std::string name = "default";
    std::optional<std::string> common_name, organization, unit, country, state;
    std::optional<crypto::KeyType> key_type, root_key_type;
    std::optional<base::Duration> validity, issuing_validity;  // 10y, 5y
    bool root_only = false;                                    // leafs are signed by the root
    bool external_root = false;                                // the root is elsewhere: see ca/import
    PermitWords permit;                                        // name constraints of what signs leafs
    std::optional<base::Path> root_key_out;                    // the root's key goes there and nowhere else
    std::optional<std::string> token;                          // a PKCS#11 URI: keys are made there, and stay
    std::shared_ptr<const base::Secret> passphrase;            // what new keys are encrypted with, or the token's PIN
    std::string actor = "operator";                            // for the audit log
};

struct InitResult {
    std::shared_ptr<const Authority> authority;
    bool created = false;
    std::vector<std::string> differences;  // options that differ from what was there: warnings
};

/// Whether the request could make a CA: throws usage, bad_input or refused, before a store is made for it.
void check_init(const InitRequest& request);

/// Makes root and issuing CA, or finds them: under the store's lock, all files by one rename, the database and the
/// audit entry last, so that any interruption is completed by the next run and four at once make one CA. An existing
/// one is loaded and checked, and nothing is written. Throws bad_input or refused for options that make no CA,
/// KeyLocked for an existing one whose keys `keys` cannot open.
InitResult init_authority(store::Store& store, const InitRequest& request, base::Clock& clock, base::Random& random,
                          const std::shared_ptr<KeyOpener>& keys = {});

}  // namespace signet::ca
