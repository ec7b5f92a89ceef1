#include "store/restored_crls.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/encoding.h"
#include "base/error.h"
#include "store/audit.h"
#include "store/certificates.h"
#include "x509/crl.h"
#include "x509/pem.h"
#include "x509/revocation_reason.h"

namespace signet::store {

namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_crl_limit = 256 << 20;  // one of a million entries takes some 40 MB
constexpr std::size_t k_certificate_limit = 1 << 20;
constexpr std::size_t k_rows_at_once = 1000;
// Numbers rise by one with each CRL, and are no lower than the seconds since the epoch: nobody signs a thousand a
// second, and a clock may have been somewhat ahead.
constexpr std::int64_t k_crls_a_second = 1000, k_margin = 1'000'000;
constexpr std::int64_t k_highest_number = std::int64_t{1} << 60;

std::string id_of(const x509::Certificate& ca) {
    const auto id = ca.subject_key_id();
    return id ? base::hex_encode(*id).substr(0, 8) : "";
}

void add_certificates(const base::Path& file, const std::string& authority, std::vector<StoredCa>& found) {
    for (const auto& certificate :
         x509::parse_certificate_file(base::read_file(file, k_certificate_limit), file.string())) {
        const auto same = [&](const StoredCa& ca) { return ca.certificate == certificate; };
        if (std::none_of(found.begin(), found.end(), same))
            found.push_back({authority, id_of(certificate), certificate});
    }
}

std::int64_t number_of(const x509::Crl& crl, const std::string& what) {
    std::int64_t number = 0;
    for (const auto octet : crl.number().value_or(base::Bytes{})) {
        if (number > k_highest_number >> 8) number = k_highest_number;
        if (number < k_highest_number) number = number << 8 | octet;
    }
    if (!crl.number() || number >= k_highest_number)
        throw Error{Kind::bad_input, what + " has no number that signet gave out", "name the last CRL of this CA"};
    return number;
}

const StoredCa& signer_of(const x509::Crl& crl, const std::vector<StoredCa>& cas, const std::string& what) {
    for (const auto& ca : cas)
        if (ca.certificate.subject() == crl.issuer() && crl.signed_by(ca.certificate.public_key())) return ca;
    throw Error{Kind::bad_input, what + " is not signed by a CA of this backup",
                "name the last CRL of one of its CAs: /crl/NAME.crl of the server, or what 'signet crl' wrote"};
}

class Takeover {
public:
    Takeover(Store& store, const RestoreRequest& request, base::Time now, RestoreResult& result)
        : store_(store), request_(request), now_(base::to_unix(now)), result_(result) {}

    void take(const x509::Crl& crl, const StoredCa& ca, const base::Path& file) {
        crl.for_each([&](const x509::Crl::Entry& entry) {
            entries_.push_back({base::hex_encode(entry.serial), base::to_unix(entry.revoked_at), entry.reason});
            if (entries_.size() == k_rows_at_once) flush(ca, file);
        });
        flush(ca, file);
    }

private:
    struct Entry {
        std::string serial;
        std::int64_t revoked_at;
        int reason;
    };

    void flush(const StoredCa& ca, const base::Path& file) {
        std::vector<std::string> done;
        store_.write([&](Transaction& transaction) {
            done.clear();
            for (const auto& entry : entries_)
                if (revoke(transaction, ca, entry, file)) done.push_back(entry.serial);
        });
        result_.revoked.insert(result_.revoked.end(), done.begin(), done.end());
        entries_.clear();
    }

    bool revoke(Transaction& transaction, const StoredCa& ca, const Entry& entry, const base::Path& file) {
        const auto row = find_certificate(transaction, entry.serial);
        if (!row) insert_certificate(transaction, lost_certificate(ca, entry));
        if (!revoke_certificate(transaction, entry.serial, {entry.revoked_at, entry.reason, now_})) return false;
        AuditRecord audit{};
        audit.at = now_;
        audit.action = "certificate.revoked";
        audit.actor = request_.actor;
        audit.serial = entry.serial;
        if (row) {
            audit.account = row->account;
            audit.profile = row->profile;
            audit.names = row->names;
        }
        audit.detail = std::string(x509::revocation_reason_name(entry.reason)) + ", at " +
                       base::format_time(base::from_unix(entry.revoked_at)) + ": taken over from " +
                       file.filename().string();
        append_audit(transaction, audit);
        return true;
    }

    /// Issued and revoked since the backup: all that is known is its serial. It stays on the CRL as long as the CA.
    CertificateRecord lost_certificate(const StoredCa& ca, const Entry& entry) const {
        CertificateRecord record{};
        record.serial = entry.serial;
        record.issuer_id = ca.id;
        record.authority = ca.authority;
        record.not_before = entry.revoked_at;
        record.not_after = base::to_unix(ca.certificate.not_after());
        record.source = "crl";
        record.issued_at = entry.revoked_at;
        return record;
    }

    Store& store_;
    const RestoreRequest& request_;
    std::int64_t now_;
    RestoreResult& result_;
    std::vector<Entry> entries_;
};

/// Of every CA that has given out a number, or can have.
std::map<std::string, std::int64_t> numbers_in(Store& store, const std::vector<StoredCa>& cas) {
    std::map<std::string, std::int64_t> numbers;
    for (const auto& ca : cas) numbers.emplace(ca.id, 0);
    store.read([&](Transaction& transaction) {
        auto row = transaction.query("SELECT issuer_id, number FROM crls");
        while (row->step()) numbers[row->text(0)] = row->integer(1);
    });
    return numbers;
}

void save_numbers(Store& store, const std::vector<RestoredCrl>& crls) {
    store.write([&](Transaction& transaction) {
        for (const auto& crl : crls) {
            transaction.run(
                "INSERT INTO crls (issuer_id, revision, number, this_update, next_update) VALUES (?1, 1, ?2, 0, 0)"
                " ON CONFLICT (issuer_id) DO UPDATE SET number = excluded.number, revision = crls.revision + 1",
                crl.issuer_id, crl.above);
        }
    });
}

}  // namespace

std::vector<StoredCa> stored_cas(const Layout& layout) {
    std::vector<StoredCa> found;
    std::error_code ignored;
    for (const auto& authority : std::filesystem::directory_iterator(layout.authorities(), ignored)) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(authority, ignored)) {
            const auto& path = entry.path();
            // Anchors of others stand beside ours; their CRLs are not ours to number.
            if (path.extension() != ".crt" || path.parent_path().filename() == "trust") continue;
            add_certificates(path, authority.path().filename().string(), found);
        }
    }
    return found;
}

void restore_crls(Store& store, const RestoreRequest& request, base::Time now, RestoreResult& result) {
    const auto cas = stored_cas(store.layout());
    std::map<std::string, std::int64_t> given;
    Takeover takeover(store, request, now, result);
    for (const auto& file : request.crls) {
        const std::string name = file.string();
        for (const auto& crl : x509::parse_crl_file(base::read_file(file, k_crl_limit), name)) {
            const auto& ca = signer_of(crl, cas, name);
            given[ca.id] = std::max(given[ca.id], number_of(crl, name));
            takeover.take(crl, ca, file);
        }
    }
    const auto since = std::max<std::int64_t>(base::to_unix(now) - result.manifest.made_at, 0);
    for (const auto& [id, number] : numbers_in(store, cas)) {
        const auto known = given.find(id);
        const auto guess = std::max(number, base::to_unix(now)) + k_margin + k_crls_a_second * since;
        result.crls.push_back(
            {id, known != given.end() ? std::max(number, known->second) : guess, known != given.end()});
    }
    save_numbers(store, result.crls);
}

}  // namespace signet::store
