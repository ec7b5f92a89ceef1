#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "ca/authority.h"
#include "store/store.h"

namespace signet::ca {

/// The next generation of a CA (`ca rotate`).
struct RotateRequest {
    std::string name = "default";
    bool root = false;                               // a new root, and a new issuing CA below it
    bool compromised = false;                        // with `root`: nothing of the old one counts any more
    RootKeySource root_key;                          // of the root that there is, and who opens keys
    std::optional<base::Path> root_key_out;          // the new root's key goes there and nowhere else
    std::shared_ptr<const base::Secret> passphrase;  // what new keys are encrypted with; null: they are not
    std::string public_http_url;                     // base of the URLs in what is signed; empty: none
    std::string actor = "operator";
};

enum class Rotated { done, waiting, completed };  // completed: the revocations of a run that was killed

struct RotateResult {
    Rotated how = Rotated::done;
    std::optional<base::Path> csr;  // waiting: the request for the root, which is elsewhere
    std::int64_t revoked = 0;       // compromised
    std::vector<std::string> notes;
};

/// Puts the next generation in place of the current one, which goes to former/, as one change: a reader, a server that
/// runs and a crash see the one or the other. What is signed is recorded and audited before. Without the root's key a
/// key and a request are made, and import_authority completes the rotation. With `compromised` what was signed below
/// the former roots is revoked, in small steps, after the change; the same call completes that after a crash.
/// Throws not_found, refused, KeyLocked, exists (for root_key_out).
RotateResult rotate_authority(store::Store& store, const RotateRequest& request, base::Clock& clock,
                              base::Random& random);

struct RetireRequest {
    std::string id;
    bool force = false;  // though certificates that live hang on it: nobody says any more which are revoked
    std::string actor = "operator";
};

struct Retired {
    std::string authority;
    std::vector<std::string> ids;  // a root and the issuing CAs below it, or one issuing CA
    std::int64_t living = 0;
};

/// Takes a former CA, its key and its cross-certificates out of the store, as one change. Throws not_found, refused
/// while leafs that live hang on it, or when it is the current one.
Retired retire_ca(store::Store& store, const RetireRequest& request, base::Time now);

}  // namespace signet::ca
