#pragma once

#include <string>
#include <string_view>

#include "base/file.h"

namespace signet::store {

/// Every path of a store directory, built here only.
class Layout {
public:
    explicit Layout(base::Path root) : root_(std::move(root)) {}
    const base::Path& root() const { return root_; }
    base::Path settings() const;                        // signet.toml
    base::Path weak_keys() const;                       // weak-keys: public keys that nobody may use, if there is one
    base::Path database() const;                        // signet.db
    base::Path authorities() const;                     // authorities/
    base::Path authority(std::string_view name) const;  // authorities/NAME/
    base::Path root_certificate(std::string_view name) const;
    base::Path root_key(std::string_view name) const;
    base::Path issuing_certificate(std::string_view name) const;
    base::Path issuing_key(std::string_view name) const;
    base::Path issuing_request(std::string_view name) const;  // issuing.csr: of a CA that waits for its certificate
    base::Path trusted(std::string_view name) const;          // trust/: foreign anchors, NAME.crt each
    base::Path next_key(std::string_view name) const;  // next.key: of a generation that waits for its certificate
    base::Path former(std::string_view name) const;    // former/: earlier generations
    /// former/KIND-ID.EXTENSION: root and issuing have crt and key, cross has crt.
    base::Path former(std::string_view name, std::string_view kind, std::string_view id,
                      std::string_view extension) const;
    base::Path imported_crl(std::string_view name, std::string_view id) const;  // crls/ID.crl: of a CA elsewhere
    base::Path certificates() const;                                            // certificates/
    base::Path certificate(std::string_view first_name) const;
    base::Path audit_key() const;                     // audit.key: signs checkpoints of the audit log
    base::Path audit_public_key() const;              // audit.pub: who checks them knows it
    base::Path lock(std::string_view purpose) const;  // locks/PURPOSE.lock

private:
    base::Path root_;
};

/// A name as one path component: bytes outside A-Za-z0-9._- (and a leading dot) percent-encoded.
std::string encode_component(std::string_view name);
/// Authority and profile names: [A-Za-z0-9][A-Za-z0-9._-]{0,63}. Throws usage naming `what`.
void check_plain_name(std::string_view name, std::string_view what);

/// `--store`, else SIGNET_STORE (the caller has merged these into `given`), else /var/lib/signet for root,
/// else $XDG_DATA_HOME/signet, else ~/.local/share/signet.
base::Path default_store();

}  // namespace signet::store
