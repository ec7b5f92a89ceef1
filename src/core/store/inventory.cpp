#include "store/inventory.h"

#include <algorithm>
#include <limits>

#include "store/certificates.h"
#include "store/columns.h"

namespace signet::store {

namespace {

constexpr auto k_first = std::numeric_limits<std::int64_t>::min();
constexpr auto k_last = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t k_fingerprint_start = 16;  // digits; the index holds no more of it

// Without der and what stands behind it in the row.
#define LISTED                                                                                                       \
    "c.id, c.serial, c.issuer_id, c.authority, c.profile, c.subject, c.names, c.not_before, c.not_after, c.source, " \
    "c.account_id, c.fingerprint, c.key_type, c.issued_at, c.revoked_at, c.revocation_reason"

bool agrees(const std::optional<std::string>& wanted, std::string_view is) { return !wanted || *wanted == is; }

}  // namespace

Inventory::Inventory(InventoryFilter filter)
    : filter_(std::move(filter)),
      order_(filter_.names     ? Order::names
             : filter_.account ? Order::account
             : filter_.revoked ? Order::revoked
             : filter_.ending  ? Order::ending
                               : Order::newest),
      id_(order_ == Order::ending ? k_first : k_last),
      number_(order_ == Order::ending ? filter_.ending->first : k_last) {
    if (filter_.names) key_ = filter_.names->to;
}

std::unique_ptr<Statement> Inventory::ask(Transaction& transaction, int most) const {
    switch (order_) {
        case Order::newest:
            return transaction.query(
                "SELECT " LISTED " FROM certificates c WHERE c.id < ?1 ORDER BY c.id DESC LIMIT ?2", id_, most);
        case Order::account:
            return transaction.query("SELECT " LISTED
                                     " FROM certificates c WHERE c.account_id = ?3 AND c.id < ?1"
                                     " ORDER BY c.id DESC LIMIT ?2",
                                     id_, most, *filter_.account);
        case Order::revoked:
            return transaction.query("SELECT " LISTED
                                     " FROM certificates c WHERE c.revoked_at IS NOT NULL AND (c.revoked_at, c.id) < "
                                     "(?3, ?1) ORDER BY c.revoked_at DESC, c.id DESC LIMIT ?2",
                                     id_, most, number_);
        case Order::ending:
            return transaction.query("SELECT " LISTED
                                     " FROM certificates c WHERE (c.not_after, c.id) > (?3, ?1) AND c.not_after < ?4"
                                     " ORDER BY c.not_after, c.id LIMIT ?2",
                                     id_, most, number_, filter_.ending->second);
        case Order::names:
            return transaction.query("SELECT " LISTED
                                     ", n.name FROM certificate_names n JOIN certificates c ON c.id = n.certificate_id"
                                     " WHERE n.name >= ?4 AND (n.name, n.certificate_id) < (?3, ?1)"
                                     " ORDER BY n.name DESC, n.certificate_id DESC LIMIT ?2",
                                     id_, most, key_, filter_.names->from);
    }
    return nullptr;
}

void Inventory::remember(Statement& row) {
    id_ = row.integer(0);
    if (order_ == Order::revoked) number_ = row.integer(14);
    if (order_ == Order::ending) number_ = row.integer(8);
    if (order_ == Order::names) key_ = row.text(16);
}

bool Inventory::wanted(const CertificateRecord& record, std::string_view key) const {
    if (!agrees(filter_.authority, record.authority) || !agrees(filter_.profile, record.profile)) return false;
    if (filter_.account && record.account != filter_.account) return false;
    if (filter_.revoked && !record.revoked_at) return false;
    if (filter_.ending &&
        (record.revoked_at || record.not_after < filter_.ending->first || record.not_after >= filter_.ending->second))
        return false;
    if (!filter_.names) return true;
    // Met once for each name that matches: it counts at the first.
    std::string first;
    for (const auto& name : record.names) {
        auto its_key = name_key(name);
        if (filter_.names->contains(its_key) && (!filter_.name_matches || filter_.name_matches(name)))
            first = std::max(first, std::move(its_key));
    }
    return first == key;
}

std::vector<CertificateRecord> Inventory::next(Transaction& transaction, int most) {
    std::vector<CertificateRecord> found;
    const auto row = ask(transaction, most);
    int looked_at = 0;
    for (; row->step(); ++looked_at) {
        remember(*row);
        auto record = read_certificate_columns(*row, 1);
        if (wanted(record, key_)) found.push_back(std::move(record));
    }
    at_end_ = looked_at < most;
    return found;
}

std::optional<CertificateRecord> find_by_fingerprint(Transaction& transaction, std::string_view fingerprint) {
    // Compared here: with both conditions SQLite would put the one into the other, and no longer see the index.
    auto row = transaction.query("SELECT serial, fingerprint FROM certificates WHERE substr(fingerprint, 1, 16) = ?1",
                                 fingerprint.substr(0, k_fingerprint_start));
    while (row->step())
        if (row->text(1) == fingerprint) return find_certificate(transaction, row->text(0));
    return std::nullopt;
}

void index_names(Transaction& transaction, std::int64_t id, const std::vector<std::string>& names) {
    for (const auto& name : names) {
        transaction.run("INSERT INTO certificate_names (name, certificate_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                        name_key(name), id);
    }
}

void drop_names(Transaction& transaction, std::int64_t id, const std::vector<std::string>& names) {
    for (const auto& name : names)
        transaction.run("DELETE FROM certificate_names WHERE name = ?1 AND certificate_id = ?2", name_key(name), id);
}

}  // namespace signet::store
