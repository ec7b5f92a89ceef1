#include "ca/authority_export.h"

namespace signet::ca {

base::Secret export_key(const store::Layout& layout, const AuthorityFiles& files, const x509::Certificate& owner,
                        const std::shared_ptr<KeyOpener>& keys) {
    const base::Path path = owner == files.root ? layout.root_key(files.name) : layout.issuing_key(files.name);
    if (!base::file_facts(path))
        throw base::Error{base::Kind::not_found, "there is no " + path.string() + ": that key is elsewhere",
                          "go where it is"};
    const crypto::PrivateKey key = keys->read(path);
    if (!(key.public_key() == owner.public_key()))
        throw base::Error{base::Kind::corrupt, path.string() + ": it is not the key of the certificate beside it",
                          "restore the file from a backup of the store"};
    return key.to_pem();
}

}  // namespace signet::ca
