#include "ca/ceremony.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "ca/ca_certificates.h"
#include "store/audit.h"
#include "store/certificates.h"
#include "x509/pem.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

void write_key(const base::Path& path, const crypto::PrivateKey& key, const InitRequest& request) {
    const base::Secret pem = key_pem(key, request.passphrase.get());
    base::write_file(path, pem.reveal(), {.mode = 0600});
}

/// A root key that goes elsewhere is there before any certificate speaks of it, and gone again when none does.
class KeyElsewhere {
public:
    KeyElsewhere(const InitRequest& request, const crypto::PrivateKey& key) {
        if (!request.root_key_out) return;
        const base::Secret pem = key_pem(key, request.passphrase.get());
        try {
            base::write_file(*request.root_key_out, pem.reveal(), {.mode = 0600, .exclusive = true});
        } catch (const Error& error) {
            if (error.kind() != Kind::exists) throw;
            throw Error{Kind::exists, "there is a file " + request.root_key_out->string(),
                        "name another one with --root-key-out, or remove it when it is no key of a CA"};
        }
        path_ = *request.root_key_out;
    }
    KeyElsewhere(const KeyElsewhere&) = delete;
    KeyElsewhere& operator=(const KeyElsewhere&) = delete;
    ~KeyElsewhere() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove(path_, ignored);
    }
    void keep() { path_.clear(); }

private:
    base::Path path_;
};

void write_certificate(const base::Path& path, const x509::Certificate& certificate) {
    base::write_file(path, x509::encode_certificates({certificate}), {.mode = 0644});
}

void fill(const base::Path& directory, const store::Layout& layout, const InitRequest& request,
          const NewAuthority& made) {
    const std::string& name = request.name;
    base::make_directories(directory, 0700);
    const auto in = [&](const base::Path& final_path) { return directory / final_path.filename(); };
    if (!request.root_key_out) write_key(in(layout.root_key(name)), made.root_key, request);
    if (made.issuing) {
        write_key(in(layout.issuing_key(name)), *made.issuing_key, request);
        write_certificate(in(layout.issuing_certificate(name)), *made.issuing);
    }
    write_certificate(in(layout.root_certificate(name)), made.root);
}

/// The whole CA comes into being by one rename, so that no reader and no crash ever sees a part of it. What a killed
/// run left in the staging directory has signed nothing and is thrown away.
void put_in_place(const store::Layout& layout, const InitRequest& request, const NewAuthority& made) {
    const std::string& name = request.name;
    const base::Path target = layout.authority(name);
    std::error_code ignored;
    if (std::filesystem::exists(target, ignored) && !std::filesystem::is_empty(target, ignored))
        throw Error{Kind::corrupt,
                    target.string() + " holds files, but no " + layout.root_certificate(name).filename().string(),
                    "restore it from a backup of the store, or move the directory away"};
    const base::Path staging = layout.authorities() / ("." + name + ".new");
    std::filesystem::remove_all(staging, ignored);
    try {
        fill(staging, layout, request, made);
        base::sync_directory(staging);
        base::rename_file(staging, target);
    } catch (...) {
        std::filesystem::remove_all(staging, ignored);
        throw;
    }
}

store::CertificateRecord record_of(const x509::Certificate& ca, const x509::Certificate& issuer,
                                   const std::string& name, std::string profile, base::Time now) {
    store::CertificateRecord record{};
    record.serial = ca.serial_hex();
    record.der = ca.der();
    record.issuer_id = authority_id(issuer);
    record.authority = name;
    record.profile = std::move(profile);
    record.subject = ca.subject().text();
    record.not_before = base::to_unix(ca.not_before());
    record.not_after = base::to_unix(ca.not_after());
    record.source = "cli";
    record.fingerprint = ca.fingerprint_sha256();
    record.key_type = ca.public_key().describe();
    record.issued_at = base::to_unix(now);
    return record;
}

/// Enters the CA in inventory and audit log unless it is there: also after a run that was killed in between.
void record(store::Store& store, const AuthorityFiles& files, const std::string& actor, base::Time now) {
    std::vector<store::CertificateRecord> rows{record_of(files.root, files.root, files.name, "root", now)};
    if (files.issuing) rows.push_back(record_of(*files.issuing, files.root, files.name, "issuing", now));
    const auto missing = [&](store::Transaction& transaction) {
        return std::any_of(rows.begin(), rows.end(),
                           [&](const auto& row) { return !store::find_certificate(transaction, row.serial); });
    };
    if (!store.query(missing)) return;
    store::AuditRecord audit{};
    audit.at = base::to_unix(now);
    audit.action = "ca.created";
    audit.actor = actor;
    audit.serial = rows.back().serial;
    audit.detail = "CA '" + files.name + "': " + files.signer().subject().text();
    store.write([&](store::Transaction& transaction) {
        if (!missing(transaction)) return;
        for (const auto& row : rows)
            if (!store::find_certificate(transaction, row.serial)) store::insert_certificate(transaction, row);
        store::append_audit(transaction, audit);
    });
}

}  // namespace

InitResult init_authority(store::Store& store, const InitRequest& request, base::Clock& clock, base::Random& random,
                          const std::shared_ptr<KeyOpener>& keys) {
    check_init(request);
    const store::Layout& layout = store.layout();
    InitResult result;
    if (!authority_exists(layout, request.name)) {
        // Keys are made before the lock is taken: RSA keys take seconds, and others wait for ten at most.
        const NewAuthority made = make_authority(request, clock.now(), random);
        const base::FileLock lock = store.lock("ca-" + request.name);
        if (!authority_exists(layout, request.name)) {
            KeyElsewhere root_key(request, made.root_key);
            put_in_place(layout, request, made);
            root_key.keep();
            result.created = true;
        }
    }
    const AuthorityFiles files = read_authority_files(layout, request.name);
    check_root_key(layout, files, keys);
    result.authority = Authority::load(layout, request.name, clock.now(), keys);
    record(store, files, request.actor, clock.now());
    if (!result.created) result.differences = differences(request, files);
    return result;
}

}  // namespace signet::ca
