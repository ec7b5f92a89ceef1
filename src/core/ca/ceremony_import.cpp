#include <algorithm>
#include <filesystem>

#include "ca/ca_certificates.h"
#include "ca/ceremony_directory.h"
#include "ca/import.h"
#include "ca/inventory.h"
#include "store/audit.h"
#include "x509/csr.h"
#include "x509/path.h"
#include "x509/pem.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;
using base::Path;

constexpr std::size_t k_request_limit = 256 << 10;

void require_ca(const x509::Certificate& certificate) {
    const auto usage = certificate.key_usage();
    const bool may_sign = !usage || (*usage & x509::usage_bit(x509::KeyUsage::key_cert_sign)) != 0;
    if (certificate.is_ca() && may_sign) return;
    throw Error{Kind::refused, "'" + certificate.subject().text() + "' is not the certificate of a CA",
                "have it signed as one: CA:TRUE, keyCertSign"};
}

/// Ours, then each one's issuer, up to and without the root; the root itself may stand among what was given.
std::vector<x509::Certificate> checked_chain(const ImportRequest& request, base::Time now) {
    require_ca(request.issuing.front());
    require_ca(request.root);
    const auto result = x509::validate_path({.leaf = request.issuing.front(),
                                             .intermediates = request.issuing,
                                             .anchors = {request.root},
                                             .at = now,
                                             .purpose = x509::Purpose::any,
                                             .max_depth = {}});
    if (!result.valid()) {
        const auto& finding = result.findings.front();
        throw Error{Kind::refused,
                    "the certificate does not hold below that root: " + finding.message + " (" + finding.section + ")",
                    finding.remedy};
    }
    for (const auto& certificate : result.chain) require_ca(certificate);
    return {result.chain.begin(), result.chain.end() - 1};
}

std::string issuing_pem(const std::vector<x509::Certificate>& chain) { return x509::encode_certificates(chain); }

void write_public(const Path& path, const std::string& text) { base::write_file(path, text, {.mode = 0644}); }

x509::CertificateRequest waiting_request(const store::Layout& layout, const std::string& name) {
    const Path path = layout.issuing_request(name);
    return x509::CertificateRequest::from_file_contents(base::read_file(path, k_request_limit), path.string());
}

std::vector<std::string> waiting_names(const store::Layout& layout) {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(layout.authorities(), error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with('.') && authority_waits(layout, name)) names.push_back(name);
    }
    return names;
}

bool next_fits(const store::Layout& layout, const std::string& name, const x509::Certificate& certificate) {
    return rotation_waits(layout, name) && waiting_request(layout, name).public_key == certificate.public_key();
}

bool key_fits(const store::Layout& layout, const std::string& name, const x509::Certificate& certificate) {
    if (authority_waits(layout, name)) return waiting_request(layout, name).public_key == certificate.public_key();
    if (next_fits(layout, name, certificate)) return true;
    return read_authority_files(layout, name).signer().public_key() == certificate.public_key();
}

/// The CA of this store whose key the certificate is for: one that waits, else one that has a certificate of that key.
std::string find_by_key(const store::Layout& layout, const ImportRequest& request) {
    const x509::Certificate& certificate = request.issuing.front();
    auto names = request.name ? std::vector<std::string>{*request.name} : waiting_names(layout);
    if (!request.name)
        for (const std::string& name : authority_names(layout)) names.push_back(name);
    for (const std::string& name : names)
        if (key_fits(layout, name, certificate)) return name;
    throw Error{Kind::refused, "'" + certificate.subject().text() + "' is for a key that no CA of this store has",
                "begin with signet ca init --external-root, or name the key with --key"};
}

store::AuditRecord audit_of(const ImportRequest& request, const std::string& name, base::Time now) {
    store::AuditRecord audit{};
    audit.at = base::to_unix(now);
    audit.action = "ca.imported";
    audit.actor = request.actor;
    audit.serial = request.issuing.front().serial_hex();
    audit.detail = "CA '" + name + "': " + request.issuing.front().subject().text() + " below " +
                   request.root.subject().text() + " " + request.root.fingerprint_sha256();
    return audit;
}

void append(store::Store& store, const store::AuditRecord& audit) {
    store.write([&](store::Transaction& transaction) { store::append_audit(transaction, audit); });
}

void make_from_key(const store::Layout& layout, const ImportRequest& request, const std::string& name,
                   const std::vector<x509::Certificate>& chain) {
    if (authority_exists(layout, name) || authority_waits(layout, name))
        throw Error{Kind::exists, "there is a CA '" + name + "' in " + layout.root().string(),
                    "give it another name with --ca"};
    KeyOpener plain;
    const crypto::PrivateKey key = (request.keys ? *request.keys : plain).read(*request.key);
    if (!(key.public_key() == chain.front().public_key()))
        throw Error{Kind::refused, request.key->string() + " is not the key of the certificate",
                    "name the key that the request was made with"};
    make_directory_at_once(layout, name, [&](const Path& directory) {
        const base::Secret pem = key_pem(key, request.passphrase.get());
        base::write_file(directory / "issuing.key", pem.reveal(), {.mode = 0600});
        write_public(directory / "issuing.crt", issuing_pem(chain));
        write_public(directory / "root.crt", x509::encode_certificates({request.root}));
    });
}

/// A crash in between leaves it waiting, and the same command completes it.
void complete(const store::Layout& layout, const ImportRequest& request, const std::string& name,
              const std::vector<x509::Certificate>& chain) {
    write_public(layout.issuing_certificate(name), issuing_pem(chain));
    write_public(layout.root_certificate(name), x509::encode_certificates({request.root}));
    base::remove_if_there(layout.issuing_request(name));
}

/// Roots of this CA, the old and the new one, certified by each other, among what was brought along.
std::vector<x509::Certificate> cross_among(const ImportRequest& request, const x509::Certificate& old_root) {
    const auto certifies = [](const x509::Certificate& made, const x509::Certificate& root,
                              const x509::Certificate& by) {
        return made.subject() == root.subject() && base::equal(made.spki_der(), root.spki_der()) &&
               made.issuer() == by.subject() && made.signed_by(by.public_key());
    };
    std::vector<x509::Certificate> cross;
    for (const auto& given : request.issuing)
        if (certifies(given, request.root, old_root) || certifies(given, old_root, request.root))
            cross.push_back(given);
    return cross;
}

/// The generation that waited takes its place; with another root than before that one changes too, and both count.
void rotate(store::Store& store, const ImportRequest& request, const std::string& name,
            const std::vector<x509::Certificate>& chain, base::Time now) {
    const store::Layout& layout = store.layout();
    const AuthorityFiles files = read_authority_files(layout, name);
    const std::string old_id = authority_id(files.signer()), old_root = authority_id(files.root);
    DirectoryChange change(layout, name);
    change.move(layout.issuing_certificate(name), layout.former(name, "issuing", old_id, "crt"));
    change.move(layout.issuing_key(name), layout.former(name, "issuing", old_id, "key"));
    change.move(layout.next_key(name), layout.issuing_key(name));
    change.write_certificates(layout.issuing_certificate(name), chain);
    change.remove(layout.issuing_request(name));
    if (!(files.root == request.root)) {
        change.move(layout.root_certificate(name), layout.former(name, "root", old_root, "crt"));
        change.move(layout.root_key(name), layout.former(name, "root", old_root, "key"));
        change.write_certificates(layout.root_certificate(name), {request.root});
        for (const auto& made : cross_among(request, files.root)) {
            std::vector<x509::Certificate> of_this_key{made};
            for (const auto& other : files.cross)
                if (authority_id(other) == authority_id(made)) of_this_key.push_back(other);
            change.write_certificates(layout.former(name, "cross", authority_id(made), "crt"), of_this_key);
        }
    }
    AuthorityFiles next = files;
    next.root = request.root;
    next.issuing = chain.front();
    next.between.assign(chain.begin() + 1, chain.end());
    record_authority(store, next, now);
    change.commit();
}

void renew(const store::Layout& layout, const ImportRequest& request, const std::string& name,
           const std::vector<x509::Certificate>& chain) {
    const AuthorityFiles files = read_authority_files(layout, name);
    if (!(files.root == request.root))
        throw Error{Kind::refused, "the CA '" + name + "' has another root", "import it under another name, with --ca"};
    if (!files.issuing)
        throw Error{Kind::refused, "the root of the CA '" + name + "' signs leafs itself",
                    "import it under another name, with --ca"};
    write_public(layout.issuing_certificate(name), issuing_pem(chain));
}

}  // namespace

ImportResult import_authority(store::Store& store, const ImportRequest& request, base::Clock& clock) {
    const store::Layout& layout = store.layout();
    if (request.name) store::check_plain_name(*request.name, "a CA");
    const auto chain = checked_chain(request, clock.now());
    const std::string name = request.key ? request.name.value_or("default") : find_by_key(layout, request);
    const base::FileLock lock = store.lock("ca-" + name);
    ImportResult result{name, Imported::made};
    // Said before it is done: a crash in between is completed by the same command, and the log never misses it.
    append(store, audit_of(request, name, clock.now()));
    if (request.key) {
        make_from_key(layout, request, name, chain);
    } else if (authority_waits(layout, name)) {
        result.how = Imported::completed;
        complete(layout, request, name, chain);
    } else if (next_fits(layout, name, chain.front())) {
        result.how = Imported::rotated;
        rotate(store, request, name, chain, clock.now());
    } else {
        result.how = Imported::renewed;
        renew(layout, request, name, chain);
    }
    record_authority(store, read_authority_files(layout, name), clock.now());
    return result;
}

bool init_external(store::Store& store, const InitRequest& request, base::Clock& clock) {
    const store::Layout& layout = store.layout();
    const auto plan = plan_external(request);
    if (authority_waits(layout, request.name)) return false;
    const crypto::PrivateKey key =
        new_key({request.token, request.passphrase}, request.key_type.value_or(crypto::KeyType::ec_p256),
                "signet " + request.name + " issuing");
    FreshKey fresh(key);
    const base::Bytes csr = x509::build_ca_csr(key, plan.subject, plan.constraints);
    const base::FileLock lock = store.lock("ca-" + request.name);
    if (authority_waits(layout, request.name)) return false;
    if (authority_exists(layout, request.name))
        throw Error{Kind::exists, "there is a CA '" + request.name + "' in " + layout.root().string(),
                    "make one of another name"};
    make_directory_at_once(layout, request.name, [&](const Path& directory) {
        const base::Secret pem = key_pem(key, request.passphrase.get());
        base::write_file(directory / "issuing.key", pem.reveal(), {.mode = 0600});
        write_public(directory / "issuing.csr", x509::encode_pem("CERTIFICATE REQUEST", csr));
    });
    fresh.keep();
    store::AuditRecord audit{};
    audit.at = base::to_unix(clock.now());
    audit.action = "ca.requested";
    audit.actor = request.actor;
    audit.detail = "CA '" + request.name + "': a key and a request for " + plan.subject.text();
    append(store, audit);
    return true;
}

std::string certificate_request_of(const store::Layout& layout, const std::string& name,
                                   const std::shared_ptr<KeyOpener>& keys, base::Time now) {
    store::check_plain_name(name, "a CA");
    if (authority_waits(layout, name) || rotation_waits(layout, name))
        return base::read_file(layout.issuing_request(name), k_request_limit);
    return x509::encode_pem("CERTIFICATE REQUEST", Authority::load(layout, name, now, keys)->certificate_request());
}

}  // namespace signet::ca
