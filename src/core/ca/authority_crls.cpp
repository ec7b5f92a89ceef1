#include "ca/authority_crls.h"

#include <algorithm>

#include "base/error.h"
#include "store/audit.h"
#include "store/certificates.h"
#include "x509/pem.h"
#include "x509/revocation_reason.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;
using Certificates = std::vector<x509::Certificate>;

constexpr std::size_t k_largest_imported = 16 << 20;  // of a CA of CAs: some entries

bool signed_by(const x509::Crl& crl, const x509::Certificate& ca) {
    return same_name(crl.issuer(), ca.subject()) && crl.signed_by(ca.public_key());
}

/// All certificates of this CA and of those between it and its roots.
Certificates own_certificates(const AuthorityFiles& files) {
    Certificates own = files.chain();
    for (const FormerCa& former : files.former_issuing) {
        own.push_back(former.certificate);
        own.insert(own.end(), former.between.begin(), former.between.end());
    }
    own.insert(own.end(), files.cross.begin(), files.cross.end());
    return own;
}

/// A name may be another CA's as well, after a root was replaced under it: the key decides.
bool is_from(const x509::Certificate& certificate, const x509::Certificate& signer) {
    return same_name(certificate.issuer(), signer.subject()) && certificate.signed_by(signer.public_key());
}

Certificates revoked_among(const AuthorityFiles& files, const x509::Crl& crl, const x509::Certificate& signer) {
    Certificates revoked;
    for (const auto& certificate : own_certificates(files)) {
        const auto entry = crl.find(certificate.serial());
        if (!entry || entry->reason == x509::k_remove_from_crl || !is_from(certificate, signer)) continue;
        if (std::find(revoked.begin(), revoked.end(), certificate) == revoked.end()) revoked.push_back(certificate);
    }
    return revoked;
}

/// For all of its certificates, or for a part that ours of its are in, which they say themselves (RFC 5280
/// section 5.2.5).
bool is_for_ours(const AuthorityFiles& files, const x509::Crl::Scope& scope, const x509::Certificate& signer) {
    if (scope.only_user || scope.indirect || scope.reasons || !scope.relative.empty()) return false;
    if (scope.names.empty()) return true;
    const auto places = scope.urls();
    const auto own = own_certificates(files);
    return std::all_of(own.begin(), own.end(), [&](const x509::Certificate& certificate) {
        if (!is_from(certificate, signer) || certificate == signer) return true;
        const auto urls = certificate.crl_urls();
        return std::find_first_of(urls.begin(), urls.end(), places.begin(), places.end()) != urls.end();
    });
}

[[noreturn]] void refuse(const CrlImport& request, const std::string& why, const std::string& hint) {
    throw Error{Kind::refused, request.what + ": " + why, hint};
}

/// That it says of every certificate of its issuer whether it is revoked, today.
void check_crl(const CrlImport& request, const AuthorityFiles& files, const x509::Certificate& signer,
               const x509::Crl& crl, base::Time now) {
    const std::string whole = "have a complete CRL signed, for all certificates of that CA";
    if (crl.unusable()) refuse(request, *crl.unusable(), whole);
    if (crl.base_number()) refuse(request, "it is a delta CRL (RFC 5280 section 5.2.4)", whole);
    if (crl.scope() && !is_for_ours(files, *crl.scope(), signer))
        refuse(request, "it is not for all certificates of CAs, for all reasons (RFC 5280 section 5.2.5)", whole);
    if (!crl.number()) refuse(request, "it has no number (RFC 5280 section 5.2.3)", "have one signed that has");
    if (!crl.next_update())
        refuse(request, "it does not say until when it holds (RFC 5280 section 5.1.2.5)", "have one signed that does");
    if (crl.this_update() > now)
        refuse(request, "it holds from " + base::format_time(crl.this_update()) + " on", "look at the clock");
    if (*crl.next_update() < now)
        refuse(request, "it held until " + base::format_time(*crl.next_update()), "get the one after it");
}

/// False: it is the one that is there.
bool check_after(const CrlImport& request, const x509::Crl& crl, const std::optional<ImportedCrl>& before) {
    if (!before) return true;
    if (before->crl.der() == crl.der()) return false;
    if (x509::crl_number_less(before->crl.number().value_or(base::Bytes{}), *crl.number()) &&
        crl.this_update() >= before->crl.this_update())
        return true;
    refuse(request,
           "its number " + x509::crl_number_text(crl.number()) + " is not above " +
               x509::crl_number_text(before->crl.number()) + ", that of the one before (RFC 5280 section 5.2.3)",
           "import the latest one");
}

/// All or none: of whom each CRL is, for which CAs of the store, and whether it is a new one.
std::vector<CrlImported> checked(const store::Layout& layout, const CrlImport& request, base::Time now) {
    const auto names = request.name ? std::vector<std::string>{*request.name} : authority_names(layout);
    std::vector<CrlImported> found;
    for (const x509::Crl& crl : request.crls) {
        const std::size_t before = found.size();
        for (const std::string& name : names) {
            const AuthorityFiles files = read_authority_files(layout, name);
            for (const x509::Certificate& ca : crl_signers_elsewhere(layout, files)) {
                if (!signed_by(crl, ca)) continue;
                check_crl(request, files, ca, crl, now);
                const auto twice = [&](const CrlImported& one) { return one.name == name && one.crl.signer == ca; };
                if (std::any_of(found.begin(), found.end(), twice))
                    refuse(request, "two CRLs of " + ca.subject().text(), "import the latest one alone");
                const bool changed = check_after(request, crl, imported_crl(layout, files, authority_id(ca)));
                found.push_back({name, {ca, crl, *crl.next_update(), revoked_among(files, crl, ca)}, changed});
            }
        }
        if (found.size() == before)
            refuse(request, "'" + crl.issuer().text() + "' is no CA above one of this store whose key is elsewhere",
                   "a CA whose key is in the store signs its CRL here: signet crl");
    }
    return found;
}

store::AuditRecord audit_of(const CrlImport& request, std::string action, base::Time now) {
    store::AuditRecord audit{};
    audit.at = base::to_unix(now);
    audit.action = std::move(action);
    audit.actor = request.actor;
    return audit;
}

void take_over(store::Transaction& transaction, const CrlImport& request, const CrlImported& imported, base::Time now) {
    for (const x509::Certificate& certificate : imported.crl.revoked) {
        const std::string serial = certificate.serial_hex();
        const auto row = store::find_certificate(transaction, serial);
        const auto entry = imported.crl.crl.find(certificate.serial());
        // Another CA may have given the same serial.
        if (!row || row->der != certificate.der() || !entry || entry->reason == x509::k_certificate_hold) continue;
        const store::Revocation told{base::to_unix(entry->revoked_at), entry->reason, base::to_unix(now)};
        if (!store::revoke_certificate(transaction, serial, told)) continue;
        store::AuditRecord audit = audit_of(request, "certificate.revoked", now);
        audit.serial = serial;
        audit.profile = row->profile;
        audit.detail = std::string(x509::revocation_reason_name(entry->reason)) + ", at " +
                       base::format_time(entry->revoked_at) + ": taken over from the CRL of " +
                       imported.crl.signer.subject().text();
        store::append_audit(transaction, audit);
    }
}

/// Said before it is done: a crash in between is completed by the same command, and the log never misses it.
void record(store::Store& store, const CrlImport& request, const CrlImported& imported, base::Time now) {
    store::AuditRecord audit = audit_of(request, "ca.crl_imported", now);
    audit.detail = "CA '" + imported.name + "': number " + x509::crl_number_text(imported.crl.crl.number()) + " of " +
                   imported.crl.signer.subject().text() + ", " + std::to_string(imported.crl.crl.size()) + " entries";
    store.write([&](store::Transaction& transaction) {
        store::append_audit(transaction, audit);
        take_over(transaction, request, imported, now);
    });
}

}  // namespace

Certificates crl_signers_elsewhere(const store::Layout& layout, const AuthorityFiles& files) {
    Certificates found;
    const auto add = [&](const x509::Certificate& ca, const std::optional<base::Path>& key) {
        if (key && base::file_facts(*key)) return;
        const auto usage = ca.key_usage();
        if (usage && (*usage & x509::usage_bit(x509::KeyUsage::crl_sign)) == 0) return;
        if (std::find(found.begin(), found.end(), ca) == found.end()) found.push_back(ca);
    };
    if (files.issuing) add(files.root, layout.root_key(files.name));
    for (const auto& ca : files.between) add(ca, {});
    for (const FormerCa& former : files.former_roots)
        if (!former.compromised) add(former.certificate, layout.former(files.name, "root", former.id, "key"));
    for (const FormerCa& former : files.former_issuing)
        for (const auto& ca : former.between) add(ca, {});
    return found;
}

std::vector<std::string> ImportedCrl::revoked_serials() const {
    std::vector<std::string> serials;
    for (const auto& certificate : revoked) serials.push_back(certificate.serial_hex());
    return serials;
}

std::optional<ImportedCrl> imported_crl(const store::Layout& layout, const AuthorityFiles& files, std::string_view id) {
    std::optional<base::Path> other;
    for (const x509::Certificate& ca : crl_signers_elsewhere(layout, files)) {
        if (authority_id(ca) != id) continue;
        const base::Path path = layout.imported_crl(files.name, id);
        const auto contents = base::read_file_if_there(path, 2 * k_largest_imported);
        if (!contents) continue;
        auto crl = x509::parse_crl_file(*contents, path.string()).front();
        if (!signed_by(crl, ca) || !crl.next_update()) {
            other = path;  // an id is short, and two CAs may have one
            continue;
        }
        return ImportedCrl{ca, crl, *crl.next_update(), revoked_among(files, crl, ca)};
    }
    if (other)
        throw Error{Kind::corrupt,
                    other->string() + " is no CRL of the CA " + std::string(id) + " of '" + files.name + "'",
                    "remove the file, and import the CRL again: signet ca import"};
    return std::nullopt;
}

std::vector<ImportedCrl> imported_crls(const store::Layout& layout, const AuthorityFiles& files) {
    std::vector<ImportedCrl> found;
    for (const x509::Certificate& ca : crl_signers_elsewhere(layout, files))
        if (auto crl = imported_crl(layout, files, authority_id(ca))) found.push_back(std::move(*crl));
    return found;
}

std::vector<CrlImported> import_crls(store::Store& store, const CrlImport& request, base::Time now) {
    const store::Layout& layout = store.layout();
    const base::FileLock lock = store.lock("crl-import");
    auto found = checked(layout, request, now);
    for (CrlImported& imported : found) {
        if (!imported.changed) continue;
        const base::FileLock of_ca = store.lock("ca-" + imported.name);
        record(store, request, imported, now);
        const base::Path path = layout.imported_crl(imported.name, authority_id(imported.crl.signer));
        base::make_directories(path.parent_path(), 0700);
        base::write_file(path, x509::encode_pem(x509::k_crl_pem_label, imported.crl.crl.der()), {.mode = 0644});
    }
    return found;
}

}  // namespace signet::ca
