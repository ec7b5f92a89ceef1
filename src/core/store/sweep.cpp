#include "store/sweep.h"

#include "store/allowances.h"
#include "store/columns.h"
#include "store/inventory.h"

namespace signet::store {

int sweep(Transaction& transaction, std::int64_t now, int limit) {
    const auto orders = transaction.run(
        "DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)",
        now, limit);
    // The oldest are looked at whether or not an order still names them: orders end too, so none blocks the others for
    // longer than an order lives, and a step never reads more than `limit` rows.
    const auto authorizations = transaction.run(
        "DELETE FROM authorizations WHERE id IN (SELECT id FROM authorizations WHERE expires_at < ?1"
        " ORDER BY expires_at LIMIT ?2)"
        " AND NOT EXISTS (SELECT 1 FROM order_identifiers i WHERE i.authorization_id = authorizations.id)",
        now, limit);
    constexpr std::int64_t k_second = 1'000'000;
    const auto allowances = sweep_allowances(transaction, now * k_second, limit);
    return static_cast<int>(orders + authorizations + allowances);
}

int sweep_certificates(Transaction& transaction, std::int64_t ended_before, int limit) {
    struct Ended {
        std::int64_t id;
        std::vector<std::string> names;
    };
    std::vector<Ended> ended;
    {
        auto row = transaction.query(
            "SELECT c.id, c.names FROM certificates c WHERE c.not_after < ?1 AND c.profile NOT IN ('root', 'issuing')"
            " AND NOT EXISTS (SELECT 1 FROM lineages l WHERE l.serial = c.serial)"
            " AND (c.revoked_at IS NULL OR c.not_after <"
            " (SELECT s.this_update FROM crls s WHERE s.issuer_id = c.issuer_id)) ORDER BY c.not_after, c.id LIMIT ?2",
            ended_before, limit);
        while (row->step()) ended.push_back({row->integer(0), text_to_list(row->text(1))});
    }
    for (const auto& [id, names] : ended) {
        drop_names(transaction, id, names);
        transaction.run("DELETE FROM certificates WHERE id = ?1", id);
    }
    return static_cast<int>(ended.size());
}

}  // namespace signet::store
