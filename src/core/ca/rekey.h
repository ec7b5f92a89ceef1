#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "ca/key_opener.h"
#include "store/store.h"

namespace signet::ca {

struct RekeyRequest {
    std::string name;
    KeyOpener& keys;                 // opens what is there: plain keys too
    const base::Secret& passphrase;  // for what will be
    std::string actor;
};

/// Encrypts every private key of a CA, those of former generations too, under a new passphrase; the keys themselves and
/// all certificates stay. The directory is copied, and copy and original change places at once: killed at any moment,
/// all keys are under the old passphrase or all are under the new one. (A file system that cannot exchange directories
/// gets one file after the other; after a kill the same command completes it.) Returns the files, relative to the CA's
/// directory. Throws not_found, KeyLocked, and what reading and writing throws.
std::vector<std::string> rekey_authority(store::Store& store, const RekeyRequest& request, base::Clock& clock);

}  // namespace signet::ca
