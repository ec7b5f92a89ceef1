#include "store/approvals.h"

#include "store/authorizations.h"
#include "store/orders.h"

namespace signet::store {

namespace {

#define WAITING_AUTHORIZATION "a.status = 'pending' AND a.proof = 'manual' AND a.expires_at > ?2"
static_assert(k_operator_proof == "manual");  // a parameter would not match the partial index

std::vector<std::string> ids(Statement& rows) {
    std::vector<std::string> found;
    while (rows.step()) found.push_back(rows.text(0));
    return found;
}

// Those of an order that is still pending: nothing is decided about one that failed for another reason.
std::vector<std::string> waiting_authorizations(Transaction& transaction, std::string_view order, std::int64_t now) {
    return ids(*transaction.query(
        "SELECT a.id FROM order_identifiers i JOIN authorizations a ON a.id = i.authorization_id"
        " JOIN orders o ON o.id = i.order_id WHERE i.order_id = ?1 AND o.status = 'pending' AND o.expires_at > ?2"
        " AND " WAITING_AUTHORIZATION " ORDER BY i.position",
        order, now));
}

}  // namespace

std::string operator_proof(std::string_view profile) {
    return std::string(k_operator_proof) + ":" + std::string(profile);
}

std::vector<std::string> waiting_orders(Transaction& transaction, std::int64_t now, int limit) {
    // From the few that wait to their orders: a join would be free to read all orders instead.
    return ids(*transaction.query(
        "SELECT id FROM orders WHERE status = 'pending' AND expires_at > ?2 AND id IN"
        " (SELECT i.order_id FROM order_identifiers i WHERE i.authorization_id IN"
        " (SELECT a.id FROM authorizations a WHERE " WAITING_AUTHORIZATION ")) ORDER BY created_at, id LIMIT ?1",
        limit, now));
}

std::vector<std::string> recent_orders(Transaction& transaction, int limit) {
    return ids(*transaction.query("SELECT id FROM orders ORDER BY expires_at DESC LIMIT ?1", limit));
}

bool approve_order(Transaction& transaction, std::string_view id, std::int64_t now,
                   std::int64_t authorization_expires_at) {
    const auto waiting = waiting_authorizations(transaction, id, now);
    const auto order = find_order(transaction, id);
    for (const auto& authorization : waiting) {
        transaction.run("UPDATE authorizations SET status = 'valid', expires_at = ?2, proof = ?3 WHERE id = ?1",
                        authorization, authorization_expires_at, operator_proof(order->profile));
        transaction.run("UPDATE challenges SET status = 'valid', validated_at = ?2 WHERE authorization_id = ?1",
                        authorization, now);
    }
    for (const auto& authorization : waiting) make_orders_ready(transaction, authorization, now);
    return !waiting.empty();
}

bool reject_order(Transaction& transaction, std::string_view id, std::string_view problem_json, std::int64_t now) {
    const auto waiting = waiting_authorizations(transaction, id, now);
    for (const auto& authorization : waiting) {
        transaction.run("UPDATE authorizations SET status = 'invalid' WHERE id = ?1", authorization);
        transaction.run("UPDATE challenges SET status = 'invalid', error = ?2 WHERE authorization_id = ?1",
                        authorization, problem_json);
        fail_orders(transaction, authorization, problem_json);
    }
    return !waiting.empty();
}

}  // namespace signet::store
