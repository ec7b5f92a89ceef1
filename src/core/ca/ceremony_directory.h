#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "crypto/key.h"
#include "store/layout.h"
#include "x509/certificate.h"

namespace signet::ca {

/// authorities/NAME as it will be: every change goes to a copy beside it, which takes its place at once, so that a
/// reader and a crash see the one or the other. Paths are those of the directory itself, as Layout has them. The caller
/// holds the CA's lock. Without commit() nothing has happened.
class DirectoryChange {
public:
    DirectoryChange(const store::Layout& layout, const std::string& name);
    ~DirectoryChange();
    DirectoryChange(const DirectoryChange&) = delete;
    DirectoryChange& operator=(const DirectoryChange&) = delete;

    void move(const base::Path& from, const base::Path& to);  // nothing when `from` is not there
    void remove(const base::Path& path);                      // likewise
    void write_certificates(const base::Path& path, const std::vector<x509::Certificate>& certificates);
    void write_text(const base::Path& path, const std::string& text);
    void write_key(const base::Path& path, const crypto::PrivateKey& key, const base::Secret* passphrase);
    void commit();

private:
    base::Path staged(const base::Path& path) const;
    base::Path directory_, staging_, before_;
};

/// A root key that goes elsewhere is there before any certificate speaks of it, and gone again when none does.
class KeyElsewhere {
public:
    KeyElsewhere(const std::optional<base::Path>& path, const crypto::PrivateKey& key, const base::Secret* passphrase);
    ~KeyElsewhere();
    KeyElsewhere(const KeyElsewhere&) = delete;
    KeyElsewhere& operator=(const KeyElsewhere&) = delete;
    void keep() { path_.clear(); }

private:
    base::Path path_;
};

}  // namespace signet::ca
