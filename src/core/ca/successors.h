#pragma once

#include "base/random.h"
#include "base/time.h"
#include "ca/authority_files.h"
#include "ca/policy.h"

namespace signet::ca {

/// Its key is the caller's.
struct NewCa {
    const crypto::PrivateKey& key;
    x509::Certificate certificate;
};

/// The kind of key that `ca` has.
crypto::KeyType next_key_type(const x509::Certificate& ca);

/// The next root, self-signed: what the present one says, under the next name ("default Root CA G2") and for a lifetime
/// of the same length.
NewCa make_next_root(const AuthorityFiles& files, const crypto::PrivateKey& key, base::Time now, base::Random& random);

/// What the next issuing CA's certificate is to say: what the present one's does, under the next name, cut to the end
/// of `root`. Throws refused for constraints of a kind that signet does not write.
SubordinateRequest next_issuing(const AuthorityFiles& files, const crypto::PublicKey& key,
                                const x509::Certificate& root, base::Time now);

}  // namespace signet::ca
