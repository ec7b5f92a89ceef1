#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "crypto/key.h"

namespace signet::ca {

/// The passphrase is missing (bad_input) or wrong (refused): the file itself may be sound.
class KeyLocked : public base::Error {
public:
    using base::Error::Error;
};

/// Opens the private keys of CAs. The passphrase is asked for when the first encrypted one comes by, and kept for the
/// others. Thread-safe.
class KeyOpener {
public:
    /// The passphrase to try: at attempt 0, then after each wrong one, until nullopt: there is no other. `what` is the
    /// file, for a prompt.
    using Ask = std::function<std::optional<base::Secret>(int attempt, const std::string& what)>;
    KeyOpener() = default;
    explicit KeyOpener(Ask ask) : ask_(std::move(ask)) {}

    /// The key of a private file of the store, or the one in a token that the file names (crypto/pkcs11.h; the
    /// passphrase is its PIN then). Throws permission for a file that others can read, corrupt, KeyLocked, and what a
    /// token throws.
    crypto::PrivateKey read(const base::Path& path);

private:
    crypto::PrivateKey open(std::string_view pem, const std::string& what);
    const base::Secret* ask(int attempt, const std::string& what);

    Ask ask_;
    std::mutex mutex_;
    std::optional<base::Secret> passphrase_;
};

/// Where the keys of a CA are made: in a token, or in memory for a file of the store.
struct KeyPlace {
    std::optional<std::string> token;                // a PKCS#11 URI
    std::shared_ptr<const base::Secret> passphrase;  // the token's PIN, or what the file is encrypted with
};
/// Throws as crypto::make_pkcs11_key. `label`: what the token calls it.
crypto::PrivateKey new_key(const KeyPlace& place, crypto::KeyType type, const std::string& label);

/// Removes a key that was made in a token, unless it is kept: then something speaks of it.
class FreshKey {
public:
    explicit FreshKey(const crypto::PrivateKey& key) : key_(&key) {}
    FreshKey(const FreshKey&) = delete;
    FreshKey& operator=(const FreshKey&) = delete;
    ~FreshKey();
    void keep() { key_ = nullptr; }

private:
    const crypto::PrivateKey* key_;
};

/// What a file of the store says of a key: PEM, encrypted when there is a passphrase, or where the token has it.
base::Secret key_pem(const crypto::PrivateKey& key, const base::Secret* passphrase);

}  // namespace signet::ca
