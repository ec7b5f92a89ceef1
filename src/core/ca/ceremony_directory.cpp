#include "ca/ceremony_directory.h"

#include <filesystem>

#include "base/error.h"
#include "ca/key_opener.h"
#include "x509/pem.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;
using base::Path;
namespace fs = std::filesystem;

/// Linked, not read: no key passes through memory. A file is only ever replaced as a whole, so that the link is a copy.
void link_or_copy(const Path& from, const Path& to) {
    std::error_code error;
    fs::create_hard_link(from, to, error);
    if (error) fs::copy_file(from, to);
}

void copy_tree(const Path& from, const Path& to) {
    base::make_directories(to, 0700);
    for (const auto& entry : fs::recursive_directory_iterator(from)) {
        const Path target = to / fs::relative(entry.path(), from);
        if (entry.is_symlink() || !(entry.is_directory() || entry.is_regular_file()))
            throw Error{Kind::corrupt, entry.path().string() + " is no plain file",
                        "move it out of the CA's directory"};
        if (entry.is_directory())
            base::make_directories(target, 0700);
        else
            link_or_copy(entry.path(), target);
    }
}

void sync_tree(const Path& root) {
    for (const auto& entry : fs::recursive_directory_iterator(root))
        if (entry.is_directory()) base::sync_directory(entry.path());
    base::sync_directory(root);
}

}  // namespace

DirectoryChange::DirectoryChange(const store::Layout& layout, const std::string& name)
    : directory_(layout.authority(name)),
      staging_(layout.authorities() / ("." + name + ".next")),
      before_(layout.authorities() / ("." + name + ".before")) {
    fs::remove_all(staging_);  // of a run that was killed: it had not begun to count
    copy_tree(directory_, staging_);
}

DirectoryChange::~DirectoryChange() {
    std::error_code ignored;
    fs::remove_all(staging_, ignored);
}

Path DirectoryChange::staged(const Path& path) const { return staging_ / path.lexically_relative(directory_); }

void DirectoryChange::move(const Path& from, const Path& to) {
    if (!base::file_facts(staged(from))) return;
    base::make_directories(staged(to).parent_path(), 0700);
    fs::rename(staged(from), staged(to));
}

void DirectoryChange::remove(const Path& path) { base::remove_if_there(staged(path)); }

void DirectoryChange::write_text(const Path& path, const std::string& text) {
    base::make_directories(staged(path).parent_path(), 0700);
    base::write_file(staged(path), text, {.mode = 0644});
}

void DirectoryChange::write_certificates(const Path& path, const std::vector<x509::Certificate>& certificates) {
    if (certificates.empty()) return remove(path);
    write_text(path, x509::encode_certificates(certificates));
}

void DirectoryChange::write_key(const Path& path, const crypto::PrivateKey& key, const base::Secret* passphrase) {
    const base::Secret pem = key_pem(key, passphrase);
    base::make_directories(staged(path).parent_path(), 0700);
    base::write_file(staged(path), pem.reveal(), {.mode = 0600});
}

void DirectoryChange::commit() {
    sync_tree(staging_);
    if (base::exchange_directories(staging_, directory_)) return;
    // A file system that cannot exchange two names: for a moment there is none. Nothing is lost by a crash in between,
    // but one of the two has to be given back its name by hand.
    fs::remove_all(before_);
    base::rename_file(directory_, before_);
    base::rename_file(staging_, directory_);
    fs::remove_all(before_);
}

KeyElsewhere::KeyElsewhere(const std::optional<Path>& path, const crypto::PrivateKey& key,
                           const base::Secret* passphrase) {
    if (!path) return;
    const base::Secret pem = key_pem(key, passphrase);
    try {
        base::write_file(*path, pem.reveal(), {.mode = 0600, .exclusive = true});
    } catch (const Error& error) {
        if (error.kind() != Kind::exists) throw;
        throw Error{Kind::exists, "there is a file " + path->string(),
                    "name another one with --root-key-out, or remove it when it is no key of a CA"};
    }
    path_ = *path;
}

KeyElsewhere::~KeyElsewhere() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

}  // namespace signet::ca
