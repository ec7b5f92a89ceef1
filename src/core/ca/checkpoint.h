#pragma once

#include <string>
#include <string_view>

#include "crypto/key.h"
#include "store/audit_check.h"

namespace signet::ca {

// A checkpoint of the audit log: a signed note in the form of c2sp.org/tlog-checkpoint, which other tools read too.
// Its lines: the origin ("signet.audit/" and 16 hex digits of the key's SHA-256), the number of entries, the root hash
// in base64, the verifier key ("key: ORIGIN+ID+BASE64", c2sp.org/signed-note), an empty line, the Ed25519 signature.

struct Checkpoint {
    std::string origin;
    store::KnownTree tree;
    std::string verifier_key;  // "ORIGIN+ID+BASE64": the key that signed it, in the encoding of signed notes
    std::string text;          // the note itself
};

/// `key` is an Ed25519 key.
Checkpoint sign_checkpoint(const crypto::PrivateKey& key, const store::KnownTree& tree);
/// Checks the signature with the key that the note itself names: compare `verifier_key` with the one that you know.
/// Throws bad_input naming `what` for a text that is no checkpoint of ours, refused for a signature that does not hold.
Checkpoint parse_checkpoint(std::string_view text, std::string_view what);

std::string verifier_key(const crypto::PublicKey& key);

}  // namespace signet::ca
