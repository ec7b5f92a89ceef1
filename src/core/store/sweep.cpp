#include "store/sweep.h"

#include "store/allowances.h"

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

}  // namespace signet::store
