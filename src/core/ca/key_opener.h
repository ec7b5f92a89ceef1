#pragma once

#include <functional>
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

    /// The key of a private file of the store. Throws permission for one that others can read, corrupt, KeyLocked.
    crypto::PrivateKey read(const base::Path& path);

private:
    crypto::PrivateKey open(std::string_view pem, const std::string& what);
    const base::Secret* ask(int attempt, const std::string& what);

    Ask ask_;
    std::mutex mutex_;
    std::optional<base::Secret> passphrase_;
};

/// PEM for a file of the store: encrypted when there is a passphrase.
base::Secret key_pem(const crypto::PrivateKey& key, const base::Secret* passphrase);

}  // namespace signet::ca
