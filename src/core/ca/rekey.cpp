#include "ca/rekey.h"

#include <filesystem>
#include <map>

#include "base/text.h"
#include "ca/authority_files.h"
#include "store/audit.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;
using base::Path;

constexpr std::size_t k_file_limit = 1 << 20;  // keys and certificates: some KiB each

/// Relative path → what stands there.
using Tree = std::map<std::string, Path>;

Tree files_below(const Path& directory) {
    Tree files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (entry.is_directory() && !entry.is_symlink()) continue;
        if (!entry.is_regular_file() || entry.is_symlink())
            throw Error{Kind::corrupt, entry.path().string() + " is no plain file",
                        "move it out of the CA's directory"};
        files.emplace(std::filesystem::relative(entry.path(), directory).string(), entry.path());
    }
    return files;
}

crypto::PrivateKey open_with_either(const Path& path, const RekeyRequest& request, KeyOpener& fresh) {
    try {
        return fresh.read(path);  // a run that was killed has been here
    } catch (const KeyLocked&) {
        return request.keys.read(path);
    }
}

/// The new text of each key, opened once more before it replaces anything.
std::map<std::string, base::Secret> encrypt_all(const Tree& files, const RekeyRequest& request) {
    std::map<std::string, base::Secret> keys;
    KeyOpener fresh([&](int attempt, const std::string&) -> std::optional<base::Secret> {
        if (attempt > 0) return std::nullopt;
        return base::Secret(std::string(request.passphrase.reveal()));
    });
    for (const auto& [name, path] : files) {
        if (path.extension() != ".key") continue;
        const crypto::PrivateKey key = open_with_either(path, request, fresh);
        base::Secret pem = key.to_encrypted_pem(request.passphrase);
        const auto again = crypto::PrivateKey::from_pem(pem.reveal(), path.string(), &request.passphrase);
        if (!(again.public_key() == key.public_key()))
            throw Error{Kind::internal, "an encrypted key does not open to what it was"};
        keys.emplace(name, std::move(pem));
    }
    return keys;
}

void copy_tree(const Path& from, const Path& to, const Tree& files, const std::map<std::string, base::Secret>& keys) {
    base::make_directories(to, 0700);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(from))
        if (entry.is_directory()) base::make_directories(to / std::filesystem::relative(entry.path(), from), 0700);
    for (const auto& [name, path] : files) {
        const auto key = keys.find(name);
        if (key != keys.end()) {
            base::write_file(to / name, key->second.reveal(), {.mode = 0600});
        } else {
            const auto facts = base::file_facts(path);
            base::write_file(to / name, base::read_file(path, k_file_limit), {.mode = facts ? facts->mode : 0600});
        }
    }
}

/// Says it before it is done: the log must never miss what happened.
void audit(store::Store& store, const RekeyRequest& request, const std::map<std::string, base::Secret>& keys,
           base::Time now) {
    std::vector<std::string> names;
    for (const auto& [name, pem] : keys) names.push_back(name);
    store::AuditRecord entry{};
    entry.at = base::to_unix(now);
    entry.action = "ca.rekeyed";
    entry.actor = request.actor;
    entry.detail = "CA '" + request.name + "': a new passphrase for " + base::join(names, ", ");
    store.write([&](store::Transaction& transaction) { store::append_audit(transaction, entry); });
}

void replace_keys(const Path& directory, const std::map<std::string, base::Secret>& keys) {
    for (const auto& [name, pem] : keys) base::write_file(directory / name, pem.reveal(), {.mode = 0600});
}

}  // namespace

std::vector<std::string> rekey_authority(store::Store& store, const RekeyRequest& request, base::Clock& clock) {
    const store::Layout& layout = store.layout();
    store::check_plain_name(request.name, "a CA");
    const base::FileLock lock = store.lock("ca-" + request.name);
    if (!authority_waits(layout, request.name)) read_authority_files(layout, request.name);  // says what is not there
    check_key_privacy(layout, request.name);
    const Path directory = layout.authority(request.name);
    const Tree files = files_below(directory);
    const auto keys = encrypt_all(files, request);
    if (keys.empty())
        throw Error{Kind::not_found, "the CA '" + request.name + "' has no key here", "run it where its keys are"};

    const Path staging = layout.authorities() / ("." + request.name + ".rekey");
    std::filesystem::remove_all(staging);
    copy_tree(directory, staging, files, keys);
    base::sync_directory(staging);
    audit(store, request, keys, clock.now());
    if (!base::exchange_directories(staging, directory)) replace_keys(directory, keys);
    std::filesystem::remove_all(staging);

    std::vector<std::string> names;
    for (const auto& [name, pem] : keys) names.push_back(name);
    return names;
}

}  // namespace signet::ca
