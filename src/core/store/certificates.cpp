#include "store/certificates.h"

#include <limits>

#include "base/error.h"
#include "store/columns.h"
#include "store/compromised_keys.h"
#include "store/inventory.h"
#include "x509/revocation_reason.h"

namespace signet::store {

namespace {

#define CERTIFICATE_COLUMNS                                                                              \
    "serial, issuer_id, authority, profile, subject, names, not_before, not_after, source, account_id, " \
    "fingerprint, key_type, issued_at, revoked_at, revocation_reason, der, replaced_by"

CertificateRecord read_certificate(Statement& row) {
    auto record = read_certificate_columns(row, 0);
    record.der = row.blob(15);
    record.replaced_by = text_if_there(row, 16);
    return record;
}

}  // namespace

void insert_certificate(Transaction& transaction, const CertificateRecord& record) {
    auto inserted = transaction.query(
        "INSERT INTO certificates (" CERTIFICATE_COLUMNS
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) ON CONFLICT (serial) DO "
        "NOTHING RETURNING id",
        record.serial, record.issuer_id, record.authority, record.profile, record.subject, list_to_text(record.names),
        record.not_before, record.not_after, record.source, record.account, record.fingerprint, record.key_type,
        record.issued_at, record.revoked_at, record.revocation_reason, record.der, record.replaced_by);
    if (!inserted->step()) throw base::Error{base::Kind::exists, "the serial " + record.serial + " is taken"};
    index_names(transaction, inserted->integer(0), record.names);
}

std::optional<CertificateRecord> find_certificate(Transaction& transaction, std::string_view serial) {
    auto row = transaction.query("SELECT " CERTIFICATE_COLUMNS " FROM certificates WHERE serial = ?1", serial);
    if (!row->step()) return std::nullopt;
    return read_certificate(*row);
}

bool knows_ca(Transaction& transaction, std::string_view name) {
    return transaction
        .query("SELECT 1 FROM certificates WHERE authority = ?1 AND profile IN ('root', 'issuing') LIMIT 1", name)
        ->step();
}

bool revoke_certificate(Transaction& transaction, std::string_view serial, const Revocation& revocation) {
    const auto revoked = transaction.run(
        "UPDATE certificates SET revoked_at = ?2, revocation_reason = ?3 WHERE serial = ?1 AND revoked_at IS NULL",
        serial, revocation.at, std::int64_t{revocation.reason});
    if (revoked != 1) return false;
    transaction.run(
        "INSERT INTO crls (issuer_id, revision, number, this_update, next_update)"
        " SELECT issuer_id, 1, 0, 0, 0 FROM certificates WHERE serial = ?1"
        " ON CONFLICT (issuer_id) DO UPDATE SET revision = crls.revision + 1",
        serial);
    if (revocation.reason == x509::k_key_compromise) remember_compromised_key(transaction, serial, revocation);
    return true;
}

void mark_replaced(Transaction& transaction, std::string_view serial, std::string_view successor) {
    transaction.run("UPDATE certificates SET replaced_by = ?2 WHERE serial = ?1", serial, successor);
}

std::int64_t count_living(Transaction& transaction, std::string_view issuer_id, std::int64_t now) {
    // Two counts, each from a narrow index: the wide rows are never read.
    auto all =
        transaction.query("SELECT count(*) FROM certificates WHERE issuer_id = ?1 AND not_after >= ?2", issuer_id, now);
    all->step();
    auto responders = transaction.query(
        "SELECT count(*) FROM certificates WHERE profile = 'ocsp-responder' AND issuer_id = ?1 AND not_after >= ?2",
        issuer_id, now);
    responders->step();
    return all->integer(0) - responders->integer(0);
}

std::int64_t last_end(Transaction& transaction, std::string_view issuer_id) {
    auto row = transaction.query(
        "SELECT not_after FROM certificates WHERE issuer_id = ?1 AND profile <> 'ocsp-responder' ORDER BY not_after "
        "DESC"
        " LIMIT 1",
        issuer_id);
    return row->step() ? row->integer(0) : 0;
}

std::vector<CertificateRecord> living_after(Transaction& transaction, std::string_view issuer_id, std::int64_t now,
                                            LivingPlace& place, int most) {
    if (place.not_after < now) place = {now - 1, std::numeric_limits<std::int64_t>::max()};
    auto row = transaction.query(
        "SELECT " CERTIFICATE_COLUMNS
        ", id FROM certificates WHERE issuer_id = ?1 AND (not_after, id) > (?2, ?3) AND revoked_at IS NULL"
        " ORDER BY not_after, id LIMIT ?4",
        issuer_id, place.not_after, place.id, std::int64_t{most});
    std::vector<CertificateRecord> found;
    while (row->step()) {
        found.push_back(read_certificate(*row));
        place = {found.back().not_after, row->integer(17)};
    }
    return found;
}

void save_lineage(Transaction& transaction, const LineageRecord& record) {
    transaction.run(
        "INSERT INTO lineages (directory, serial, authority, profile, names, request) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (directory) DO UPDATE SET serial = excluded.serial, authority = excluded.authority,"
        " profile = excluded.profile, names = excluded.names, request = excluded.request",
        record.directory, record.serial, record.authority, record.profile, list_to_text(record.names), record.request);
}

std::optional<LineageRecord> find_lineage(Transaction& transaction, std::string_view directory) {
    auto row = transaction.query(
        "SELECT directory, serial, authority, profile, names, request FROM lineages WHERE directory = ?1", directory);
    if (!row->step()) return std::nullopt;
    return LineageRecord{row->text(0), row->text(1), row->text(2), row->text(3), text_to_list(row->text(4)),
                         row->text(5)};
}

}  // namespace signet::store
