#include "ca/inventory.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/log.h"
#include "store/audit.h"
#include "store/certificates.h"

namespace signet::ca {

using base::Error;
using base::Kind;

store::CertificateRecord ca_record(const x509::Certificate& ca, const x509::Certificate& issuer,
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

void record_authority(store::Store& store, const AuthorityFiles& files, base::Time now,
                      const std::optional<store::AuditRecord>& audit) {
    // One who signs our issuing CA stands in it as its issuer, whether its certificate is one of ours or not.
    const x509::Certificate& above = files.between.empty() ? files.root : files.between.front();
    std::vector<store::CertificateRecord> rows{ca_record(files.root, files.root, files.name, "root", now)};
    if (files.issuing) rows.push_back(ca_record(*files.issuing, above, files.name, "issuing", now));
    const auto missing = [&](store::Transaction& transaction) {
        return std::any_of(rows.begin(), rows.end(),
                           [&](const auto& row) { return !store::find_certificate(transaction, row.serial); });
    };
    if (!store.query(missing)) return;
    store.write([&](store::Transaction& transaction) {
        if (!missing(transaction)) return;
        for (const auto& row : rows)
            if (!store::find_certificate(transaction, row.serial)) store::insert_certificate(transaction, row);
        if (audit) store::append_audit(transaction, *audit);
    });
}

void append_refusal(store::Store& store, const store::AuditRecord& audit) {
    try {
        store.write([&](store::Transaction& transaction) { store::append_audit(transaction, audit); });
    } catch (const Error& error) {
        base::log(base::Level::error, "a refusal is missing in the audit log",
                  {{"reason", error.message()}, {"refusal", audit.detail}});
    }
}

void make_directory_at_once(const store::Layout& layout, const std::string& name,
                            const std::function<void(const base::Path& directory)>& fill) {
    const base::Path target = layout.authority(name);
    std::error_code ignored;
    if (std::filesystem::exists(target, ignored) && !std::filesystem::is_empty(target, ignored))
        throw Error{Kind::corrupt,
                    target.string() + " holds files, but no " + layout.root_certificate(name).filename().string(),
                    "restore it from a backup of the store, or move the directory away"};
    const base::Path staging = layout.authorities() / ("." + name + ".new");
    std::filesystem::remove_all(staging, ignored);
    try {
        base::make_directories(staging, 0700);
        fill(staging);
        base::sync_directory(staging);
        base::rename_file(staging, target);
    } catch (...) {
        std::filesystem::remove_all(staging, ignored);
        throw;
    }
}

}  // namespace signet::ca
