#include "ca/audit_key.h"

#include <filesystem>

#include "base/text.h"
#include "store/audit.h"
#include "store/audit_tree.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_audit_key_limit = 64 << 10;

/// A CA key of this store that takes a passphrase.
std::optional<base::Path> encrypted_key(const store::Layout& layout) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(layout.authorities(), ignored)) {
        if (entry.path().extension() != ".key" || !entry.is_regular_file(ignored)) continue;
        const base::Secret pem(base::read_private_file(entry.path(), k_audit_key_limit));
        if (crypto::is_encrypted(pem.reveal())) return entry.path();
    }
    return std::nullopt;
}

void check_passphrase(const store::Layout& layout, const AuditKeyRequest& request) {
    const auto other = encrypted_key(layout);
    if (!other) return;
    if (request.passphrase == nullptr)
        throw KeyLocked{Kind::bad_input,
                        "the keys of this store are encrypted, and there is no passphrase for that of the audit log",
                        "give it with --passphrase-file FILE, or SIGNET_PASSPHRASE_FILE"};
    request.keys->read(*other);
}

void make(store::Store& store, const AuditKeyRequest& request, base::Time now) {
    const store::Layout& layout = store.layout();
    check_passphrase(layout, request);
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ed25519);
    const base::Secret pem = key_pem(key, request.passphrase);
    store::AuditRecord entry{};
    entry.at = base::to_unix(now);
    entry.action = "audit.key_created";
    entry.actor = request.actor;
    entry.detail = "checkpoints are signed by " + verifier_key(key.public_key());
    // Said before it is done: a key without its entry there never is.
    store.write([&](store::Transaction& transaction) { store::append_audit(transaction, entry); });
    base::write_file(layout.audit_public_key(), verifier_key(key.public_key()) + "\n", {.mode = 0644});
    base::write_file(layout.audit_key(), pem.reveal(), {.mode = 0600});
}

}  // namespace

crypto::PrivateKey open_audit_key(store::Store& store, const AuditKeyRequest& request, base::Time now) {
    const store::Layout& layout = store.layout();
    if (!base::file_facts(layout.audit_key())) {
        const auto lock = store.lock("audit-key");
        if (!base::file_facts(layout.audit_key())) make(store, request, now);
    }
    auto key = request.keys->read(layout.audit_key());
    if (key.public_key().type() != crypto::KeyType::ed25519)
        throw Error{Kind::corrupt, layout.audit_key().string() + " is no Ed25519 key",
                    "restore it from a backup of the store"};
    return key;
}

bool rekey_audit_key(const store::Layout& layout, KeyOpener& keys, const base::Secret& passphrase) {
    if (!base::file_facts(layout.audit_key())) return false;
    KeyOpener fresh([&](int attempt, const std::string&) -> std::optional<base::Secret> {
        return attempt > 0 ? std::nullopt : std::optional(base::Secret(std::string(passphrase.reveal())));
    });
    const auto open = [&]() -> std::optional<crypto::PrivateKey> {
        for (auto* opener : {&fresh, &keys}) {
            try {
                return opener->read(layout.audit_key());
            } catch (const KeyLocked&) {
                continue;
            }
        }
        return std::nullopt;
    };
    const auto key = open();
    if (!key) return false;
    base::write_file(layout.audit_key(), key->to_encrypted_pem(passphrase).reveal(), {.mode = 0600});
    return true;
}

std::optional<std::string> audit_verifier_key(const store::Layout& layout) {
    const auto text = base::read_file_if_there(layout.audit_public_key(), k_audit_key_limit);
    return text ? std::optional(std::string(base::trim(*text))) : std::nullopt;
}

Checkpoint sign_audit_checkpoint(store::Store& store, const crypto::PrivateKey& key) {
    const auto tree = store.query([](store::Transaction& transaction) {
        const store::AuditTree audit(transaction);
        return store::KnownTree{audit.size(), audit.root()};
    });
    return sign_checkpoint(key, tree);
}

}  // namespace signet::ca
