#include "store/expiry_watch.h"

#include <algorithm>
#include <charconv>

#include "store/certificates.h"
#include "store/columns.h"
#include "store/meta.h"
#include "store/name_keys.h"

namespace signet::store {

namespace {

constexpr std::string_view k_passed = "notify_inventory_passed";
constexpr std::int64_t k_successors = 200;  // for a name that thousands share, the newest of them are looked at

std::int64_t newest(Transaction& transaction) {
    auto row = transaction.query("SELECT max(id) FROM certificates");
    return row->step() && !row->is_null(0) ? row->integer(0) : 0;
}

std::int64_t last_passed(Transaction& transaction) {
    std::int64_t id = 0;
    if (const auto value = get_meta(transaction, k_passed)) {
        const std::string text = base::to_text(*value);
        std::from_chars(text.data(), text.data() + text.size(), id);
    }
    return std::min(id, newest(transaction));  // numbers of rows that are gone are given again
}

}  // namespace

std::vector<InventoryEnd> ends_not_watched(Transaction& transaction, int most) {
    auto row = transaction.query(
        "SELECT id, not_before, not_after, profile, revoked_at FROM certificates WHERE id > ?1 ORDER BY id LIMIT ?2",
        last_passed(transaction), std::int64_t{most});
    std::vector<InventoryEnd> ends;
    while (row->step())
        ends.push_back({row->integer(0), row->integer(1), row->integer(2), row->text(3), !row->is_null(4)});
    return ends;
}

void passed(Transaction& transaction, std::int64_t id) {
    put_meta(transaction, k_passed, base::bytes_of(std::to_string(id)));
}

void insert_watch(Transaction& transaction, const Watch& watch) {
    transaction.run("INSERT INTO expiry_watch (at, certificate_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", watch.at,
                    watch.certificate);
}

std::vector<Watch> due_watches(Transaction& transaction, std::int64_t now, int most) {
    auto row = transaction.query(
        "SELECT at, certificate_id FROM expiry_watch WHERE at <= ?1 ORDER BY at, certificate_id LIMIT ?2", now,
        std::int64_t{most});
    std::vector<Watch> due;
    while (row->step()) due.push_back({row->integer(0), row->integer(1)});
    return due;
}

void remove_watch(Transaction& transaction, const Watch& watch) {
    transaction.run("DELETE FROM expiry_watch WHERE at = ?1 AND certificate_id = ?2", watch.at, watch.certificate);
}

void watch_subordinate(Transaction& transaction, std::string_view serial, std::int64_t not_after) {
    transaction.run("INSERT INTO subordinate_cas (serial, not_after) VALUES (?1, ?2) ON CONFLICT DO NOTHING", serial,
                    not_after);
}

std::vector<CertificateRecord> subordinates_ending(Transaction& transaction, SubordinatePlace& place,
                                                   std::int64_t until, int most) {
    auto row = transaction.query(
        "WITH latest AS (SELECT d.subject AS subject, d.authority AS authority, max(l.not_after) AS not_after"
        " FROM subordinate_cas l JOIN certificates d ON d.serial = l.serial WHERE l.not_after >= ?1 AND d.revoked_at IS"
        " NULL GROUP BY d.subject, d.authority)"
        " SELECT s.serial FROM subordinate_cas s JOIN certificates c ON c.serial = s.serial JOIN latest ON"
        " latest.subject = c.subject AND latest.authority = c.authority AND latest.not_after = s.not_after"
        " WHERE (s.not_after, s.serial) > (?1, ?2) AND s.not_after < ?3 AND c.revoked_at IS NULL"
        " ORDER BY s.not_after, s.serial LIMIT ?4",
        place.not_after, place.serial, until, std::int64_t{most});
    std::vector<CertificateRecord> found;
    while (row->step()) found.push_back(find_certificate(transaction, row->text(0)).value());
    if (!found.empty()) place = {found.back().not_after, found.back().serial};
    return found;
}

std::optional<CertificateRecord> certificate_at(Transaction& transaction, std::int64_t id) {
    auto row = transaction.query(
        "SELECT serial, issuer_id, authority, profile, subject, names, not_before, not_after, source, account_id,"
        " fingerprint, key_type, issued_at, revoked_at, revocation_reason, replaced_by FROM certificates WHERE id = ?1",
        id);
    if (!row->step()) return std::nullopt;
    auto record = read_certificate_columns(*row, 0);
    record.replaced_by = text_if_there(*row, 15);
    return record;
}

bool has_successor(Transaction& transaction, std::int64_t id, const CertificateRecord& record) {
    if (record.replaced_by) return true;
    if (record.names.empty()) return false;
    const auto names = list_to_text(record.names);
    auto row = transaction.query(
        "SELECT c.names, c.not_after, c.account_id FROM certificate_names n JOIN certificates c ON c.id ="
        " n.certificate_id WHERE n.name = ?1 AND n.certificate_id > ?2 AND c.revoked_at IS NULL"
        " ORDER BY n.certificate_id DESC LIMIT ?3",
        name_key(record.names.front()), id, k_successors);
    while (row->step())
        if (row->text(0) == names && row->integer(1) > record.not_after && text_if_there(*row, 2) == record.account)
            return true;
    return false;
}

}  // namespace signet::store
