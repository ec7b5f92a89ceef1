#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "ca/checkpoint.h"
#include "ca/key_opener.h"
#include "store/store.h"

namespace signet::ca {

/// Who makes it, when it is made: at first use.
struct AuditKeyRequest {
    const std::shared_ptr<KeyOpener>& keys;
    const base::Secret* passphrase;  // what a new key is encrypted under; null: not at all
    std::string actor;
};

/// The Ed25519 key audit.key of the store, which signs checkpoints and nothing else; made, with its audit entry, when
/// it is not there. audit.pub beside it holds its verifier key. A store whose CA keys are encrypted gets an encrypted
/// one only, under a passphrase that opens these: bad_input (KeyLocked) without, refused with another one.
crypto::PrivateKey open_audit_key(store::Store& store, const AuditKeyRequest& request, base::Time now);

/// Encrypts the audit key under a new passphrase, when there is one and `keys` or the new passphrase open it. False,
/// with nothing done, otherwise: another authority's passphrase may be the one.
bool rekey_audit_key(const store::Layout& layout, KeyOpener& keys, const base::Secret& passphrase);

/// What audit.pub says; nullopt when no checkpoint was signed yet.
std::optional<std::string> audit_verifier_key(const store::Layout& layout);

/// The log as it is now. Reads and signs; writes nothing but a key that is not there yet.
Checkpoint sign_audit_checkpoint(store::Store& store, const crypto::PrivateKey& key);

}  // namespace signet::ca
