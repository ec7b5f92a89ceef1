#include "ca/key_opener.h"

#include "base/log.h"
#include "crypto/pkcs11.h"
#include "crypto/token_key.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_key_limit = 64 << 10;  // PEM of an RSA-4096 key takes 3.3 KiB
constexpr int k_most_attempts = 10;

/// Nobody knows the passphrase: what the file and its directory say is right.
[[noreturn]] void throw_missing(const std::string& what) {
    throw KeyLocked{Kind::bad_input, what + " is encrypted, and no passphrase was given",
                    "give it with --passphrase-file FILE, or SIGNET_PASSPHRASE_FILE"};
}

/// nullopt: the passphrase is not the one.
std::optional<crypto::PrivateKey> decode(std::string_view pem, const std::string& what,
                                         const base::Secret* passphrase) {
    try {
        if (crypto::is_pkcs11_uri(pem)) return crypto::open_pkcs11_key(pem, passphrase);
        return crypto::PrivateKey::from_pem(pem, what, passphrase);
    } catch (const Error& error) {
        if (passphrase != nullptr && error.kind() == Kind::refused) return std::nullopt;
        if (crypto::is_pkcs11_uri(pem)) throw error.with("opening the key of " + what);
        throw Error{Kind::corrupt, what + ": " + error.message(), "restore the file from a backup of the store"};
    }
}

}  // namespace

const base::Secret* KeyOpener::ask(int attempt, const std::string& what) {
    if (attempt == 0 && passphrase_) return &*passphrase_;
    if (!ask_ || attempt >= k_most_attempts) return nullptr;
    auto given = ask_(attempt, what);
    if (!given) return nullptr;
    passphrase_ = std::move(given);
    return &*passphrase_;
}

crypto::PrivateKey KeyOpener::open(std::string_view pem, const std::string& what) {
    while (crypto::is_pkcs11_uri(pem) && pem.ends_with('\n')) pem.remove_suffix(1);
    const bool locked = crypto::is_pkcs11_uri(pem) ? crypto::takes_pin(pem) : crypto::is_encrypted(pem);
    if (!locked) return decode(pem, what, nullptr).value();
    const std::lock_guard lock(mutex_);
    for (int attempt = 0;; ++attempt) {
        const base::Secret* passphrase = ask(attempt, what);
        if (passphrase == nullptr && attempt == 0) throw_missing(what);
        if (passphrase == nullptr)
            throw KeyLocked{Kind::refused, "the passphrase does not open " + what,
                            "give the one it was encrypted with"};
        if (auto key = decode(pem, what, passphrase)) return std::move(*key);
    }
}

crypto::PrivateKey KeyOpener::read(const base::Path& path) {
    const base::Secret pem(base::read_private_file(path, k_key_limit));
    return open(pem.reveal(), path.string());
}

crypto::PrivateKey new_key(const KeyPlace& place, crypto::KeyType type, const std::string& label) {
    return place.token ? crypto::make_pkcs11_key(*place.token, type, label, place.passphrase.get())
                       : crypto::PrivateKey::generate(type);
}

FreshKey::~FreshKey() {
    if (key_ == nullptr || key_->token() == nullptr) return;
    try {
        key_->token()->destroy();
    } catch (const Error& error) {
        base::log(base::Level::warning, "a key that nothing speaks of stays in the token",
                  {{"key", key_->token()->reference()}, {"reason", error.message()}});
    }
}

base::Secret key_pem(const crypto::PrivateKey& key, const base::Secret* passphrase) {
    if (key.token() != nullptr) return base::Secret(key.token()->reference() + "\n");
    return passphrase == nullptr ? key.to_pem() : key.to_encrypted_pem(*passphrase);
}

}  // namespace signet::ca
