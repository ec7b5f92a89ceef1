#include "store/crls.h"

#include <algorithm>

#include "store/columns.h"

namespace signet::store {

CrlState crl_state(Transaction& transaction, std::string_view issuer_id) {
    auto row = transaction.query("SELECT revision, number, this_update, next_update FROM crls WHERE issuer_id = ?1",
                                 issuer_id);
    if (!row->step()) return {};
    return {row->integer(0), row->integer(1), row->integer(2), row->integer(3)};
}

std::int64_t take_crl_number(Transaction& transaction, std::string_view issuer_id, std::int64_t now) {
    const std::int64_t number = std::max(crl_state(transaction, issuer_id).number + 1, now);
    transaction.run(
        "INSERT INTO crls (issuer_id, revision, number, this_update, next_update) VALUES (?1, 0, ?2, 0, 0)"
        " ON CONFLICT (issuer_id) DO UPDATE SET number = excluded.number",
        issuer_id, number);
    return number;
}

void save_crl_times(Transaction& transaction, std::string_view issuer_id, std::int64_t this_update,
                    std::int64_t next_update) {
    transaction.run("UPDATE crls SET this_update = ?2, next_update = ?3 WHERE issuer_id = ?1", issuer_id, this_update,
                    next_update);
}

void for_each_revoked(Transaction& transaction, std::string_view issuer_id, std::int64_t ending_from,
                      const std::function<void(const RevokedRow&)>& visit) {
    auto row = transaction.query(
        "SELECT serial, revoked_at, revocation_reason FROM certificates"
        " WHERE revoked_at IS NOT NULL AND issuer_id = ?1 AND not_after >= ?2",
        issuer_id, ending_from);
    while (row->step()) visit({row->text(0), row->integer(1), row->is_null(2) ? 0 : static_cast<int>(row->integer(2))});
}

std::int64_t count_revoked(Transaction& transaction, std::string_view issuer_id, std::int64_t ending_from) {
    auto row = transaction.query(
        "SELECT count(*) FROM certificates WHERE revoked_at IS NOT NULL AND issuer_id = ?1 AND not_after >= ?2",
        issuer_id, ending_from);
    row->step();
    return row->integer(0);
}

std::optional<CertificateStatus> find_status(Transaction& transaction, std::string_view serial) {
    auto row = transaction.query("SELECT issuer_id, revoked_at, revocation_reason FROM certificates WHERE serial = ?1",
                                 serial);
    if (!row->step()) return std::nullopt;
    return CertificateStatus{row->text(0), integer_if_there(*row, 1),
                             row->is_null(2) ? 0 : static_cast<int>(row->integer(2))};
}

}  // namespace signet::store
