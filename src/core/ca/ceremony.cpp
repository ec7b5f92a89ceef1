#include "ca/ceremony.h"

#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "ca/ca_certificates.h"
#include "ca/ceremony_directory.h"
#include "ca/inventory.h"
#include "store/certificates.h"
#include "x509/pem.h"

namespace signet::ca {
namespace {

void write_key(const base::Path& path, const crypto::PrivateKey& key, const InitRequest& request) {
    const base::Secret pem = key_pem(key, request.passphrase.get());
    base::write_file(path, pem.reveal(), {.mode = 0600});
}

void write_certificate(const base::Path& path, const x509::Certificate& certificate) {
    base::write_file(path, x509::encode_certificates({certificate}), {.mode = 0644});
}

void fill(const base::Path& directory, const store::Layout& layout, const InitRequest& request,
          const NewAuthority& made) {
    const std::string& name = request.name;
    const auto in = [&](const base::Path& final_path) { return directory / final_path.filename(); };
    if (!request.root_key_out) write_key(in(layout.root_key(name)), made.root_key, request);
    if (made.issuing) {
        write_key(in(layout.issuing_key(name)), *made.issuing_key, request);
        write_certificate(in(layout.issuing_certificate(name)), *made.issuing);
    }
    write_certificate(in(layout.root_certificate(name)), made.root);
}

store::AuditRecord creation_of(const AuthorityFiles& files, const std::string& actor, base::Time now) {
    store::AuditRecord audit{};
    audit.at = base::to_unix(now);
    audit.action = "ca.created";
    audit.actor = actor;
    audit.serial = files.signer().serial_hex();
    audit.detail = "CA '" + files.name + "': " + files.signer().subject().text();
    return audit;
}

/// The files of a CA are there before its rows, whenever a run is killed.
void refuse_lost(store::Store& store, const std::string& name) {
    if (!store.query([&](store::Transaction& transaction) { return store::knows_ca(transaction, name); })) return;
    throw base::Error{base::Kind::corrupt,
                      store.layout().authority(name).string() + " is gone: the inventory knows a CA '" + name + "'",
                      "restore it from a backup of the store (signet restore), or begin anew with another store"};
}

}  // namespace

InitResult init_authority(store::Store& store, const InitRequest& request, base::Clock& clock, base::Random& random,
                          const std::shared_ptr<KeyOpener>& keys) {
    check_init(request);
    const store::Layout& layout = store.layout();
    if (authority_waits(layout, request.name)) read_authority_files(layout, request.name);  // says what it waits for
    InitResult result;
    if (!authority_exists(layout, request.name)) {
        if (!std::filesystem::exists(layout.authority(request.name))) refuse_lost(store, request.name);
        // Keys are made before the lock is taken: RSA keys take seconds, and others wait for ten at most.
        const NewAuthority made = make_authority(request, clock.now(), random);
        FreshKey fresh_root(made.root_key);
        FreshKey fresh_issuing(made.issuing_key ? *made.issuing_key : made.root_key);
        const base::FileLock lock = store.lock("ca-" + request.name);
        if (!authority_exists(layout, request.name)) {
            KeyElsewhere root_key(request.root_key_out, made.root_key, request.passphrase.get());
            make_directory_at_once(layout, request.name,
                                   [&](const base::Path& directory) { fill(directory, layout, request, made); });
            root_key.keep();
            fresh_root.keep();
            fresh_issuing.keep();
            result.created = true;
        }
    }
    const AuthorityFiles files = read_authority_files(layout, request.name);
    check_root_key(layout, files, keys);
    result.authority = Authority::load(layout, request.name, clock.now(), keys);
    record_authority(store, files, clock.now(), creation_of(files, request.actor, clock.now()));
    if (!result.created) result.differences = differences(request, files);
    return result;
}

}  // namespace signet::ca
