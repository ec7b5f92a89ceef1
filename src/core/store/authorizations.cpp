#include "store/authorizations.h"

#include "store/columns.h"

namespace signet::store {

namespace {

#define CHALLENGE_COLUMNS \
    "id, authorization_id, type, token, status, validated_at, error, attempts, next_attempt_at, account_url"
#define ORDERS_OF_AUTHORIZATION "id IN (SELECT order_id FROM order_identifiers WHERE authorization_id = ?1)"

void insert_challenge(Transaction& transaction, const ChallengeRecord& record, std::int64_t position) {
    transaction.run("INSERT INTO challenges (" CHALLENGE_COLUMNS
                    ", position) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                    record.id, record.authorization, record.type, record.token, to_text(record.status),
                    record.validated_at, record.error, record.attempts, record.next_attempt_at, record.account_url,
                    position);
}

ChallengeRecord read_challenge(Statement& row) {
    ChallengeRecord record{};
    record.id = row.text(0);
    record.authorization = row.text(1);
    record.type = row.text(2);
    record.token = row.text(3);
    record.status = challenge_status(row.text(4));
    record.validated_at = integer_if_there(row, 5);
    record.error = text_if_there(row, 6);
    record.attempts = static_cast<int>(row.integer(7));
    record.next_attempt_at = integer_if_there(row, 8);
    record.account_url = row.text(9);
    return record;
}

AuthorizationRecord read_authorization(Statement& row) {
    return {row.text(0),
            row.text(1),
            read_identifier(row.text(2), row.text(3)),
            row.integer(4) != 0,
            authorization_status(row.text(5)),
            row.text(6),
            row.integer(7),
            row.integer(8),
            {}};
}

}  // namespace

void make_orders_ready(Transaction& transaction, std::string_view authorization, std::int64_t now) {
    transaction.run(
        "UPDATE orders SET status = 'ready' WHERE status = 'pending' AND expires_at > ?2 AND " ORDERS_OF_AUTHORIZATION
        " AND NOT EXISTS (SELECT 1 FROM order_identifiers i JOIN authorizations a ON a.id = i.authorization_id"
        " WHERE i.order_id = orders.id AND (a.status <> 'valid' OR a.expires_at <= ?2))",
        authorization, now);
}

void fail_orders(Transaction& transaction, std::string_view authorization, std::string_view problem_json) {
    transaction.run(
        "UPDATE orders SET status = 'invalid', error = ?2 WHERE status = 'pending' AND " ORDERS_OF_AUTHORIZATION,
        authorization, problem_json);
}

namespace {

// The guard and the change in one statement: whoever comes second, here or in another server, changes no row.
void settle_valid(Transaction& transaction, std::string_view id, std::int64_t now, std::int64_t expires_at) {
    auto settled = transaction.query(
        "UPDATE challenges SET status = 'valid', attempts = attempts + 1, validated_at = ?2, error = NULL,"
        " next_attempt_at = NULL WHERE id = ?1 AND status = 'processing' RETURNING authorization_id, type",
        id, now);
    if (!settled->step()) return;
    const auto authorization = settled->text(0), type = settled->text(1);
    settled.reset();
    const auto proved = transaction.run(
        "UPDATE authorizations SET status = 'valid', proof = ?2, expires_at = ?4"
        " WHERE id = ?1 AND status = 'pending' AND expires_at > ?3",
        authorization, type, now, expires_at);
    if (proved == 1) make_orders_ready(transaction, authorization, now);
}

void settle_invalid(Transaction& transaction, std::string_view id, std::string_view problem_json) {
    auto settled = transaction.query(
        "UPDATE challenges SET status = 'invalid', attempts = attempts + 1, error = ?2, next_attempt_at = NULL"
        " WHERE id = ?1 AND status = 'processing' RETURNING authorization_id",
        id, problem_json);
    if (!settled->step()) return;
    const auto authorization = settled->text(0);
    settled.reset();
    const auto failed = transaction.run(
        "UPDATE authorizations SET status = 'invalid' WHERE id = ?1 AND status = 'pending'", authorization);
    if (failed == 1) fail_orders(transaction, authorization, problem_json);
}

}  // namespace

void insert_authorization(Transaction& transaction, const AuthorizationRecord& record) {
    transaction.run(
        "INSERT INTO authorizations (id, account_id, type, value, wildcard, status, proof, created_at, expires_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        record.id, record.account, x509::type_name(record.identifier.type()), record.identifier.text(),
        std::int64_t{record.wildcard}, to_text(record.status), record.proof, record.created_at, record.expires_at);
    std::int64_t position = 0;
    for (const auto& challenge : record.challenges) insert_challenge(transaction, challenge, position++);
}

std::optional<AuthorizationRecord> find_authorization_alone(Transaction& transaction, std::string_view id) {
    auto row = transaction.query(
        "SELECT id, account_id, type, value, wildcard, status, proof, created_at, expires_at FROM authorizations WHERE "
        "id = ?1",
        id);
    if (!row->step()) return std::nullopt;
    return read_authorization(*row);
}

std::optional<AuthorizationRecord> find_authorization(Transaction& transaction, std::string_view id) {
    auto record = find_authorization_alone(transaction, id);
    if (!record) return std::nullopt;
    auto rows = transaction.query(
        "SELECT " CHALLENGE_COLUMNS " FROM challenges WHERE authorization_id = ?1 ORDER BY position", id);
    while (rows->step()) record->challenges.push_back(read_challenge(*rows));
    return record;
}

std::optional<ChallengeRecord> find_challenge(Transaction& transaction, std::string_view id) {
    auto row = transaction.query("SELECT " CHALLENGE_COLUMNS " FROM challenges WHERE id = ?1", id);
    if (!row->step()) return std::nullopt;
    return read_challenge(*row);
}

std::optional<AuthorizationRecord> find_reusable(Transaction& transaction, std::string_view account,
                                                 const x509::Identifier& identifier, bool wildcard, std::int64_t now) {
    auto row = transaction.query(
        "SELECT id FROM authorizations WHERE status = 'valid' AND account_id = ?1 AND value = ?2 AND type = ?3"
        " AND wildcard = ?4 AND expires_at > ?5 ORDER BY expires_at DESC LIMIT 1",
        account, identifier.text(), x509::type_name(identifier.type()), std::int64_t{wildcard}, now);
    if (!row->step()) return std::nullopt;
    return find_authorization(transaction, row->text(0));
}

std::optional<std::int64_t> begun_authorizations_until(Transaction& transaction, std::string_view account,
                                                       std::int64_t most, std::int64_t now) {
    auto row = transaction.query(
        "SELECT expires_at FROM authorizations WHERE status IN ('pending', 'deactivated') AND account_id = ?1"
        " AND expires_at > ?2 ORDER BY expires_at DESC LIMIT 1 OFFSET ?3",
        account, now, most - 1);
    return row->step() ? std::optional(row->integer(0)) : std::nullopt;
}

std::vector<std::string> proofs_held(Transaction& transaction, std::string_view account,
                                     const x509::Identifier& identifier, bool wildcard, std::int64_t now) {
    auto rows = transaction.query(
        "SELECT DISTINCT proof FROM authorizations WHERE status = 'valid' AND account_id = ?1 AND value = ?2"
        " AND type = ?3 AND wildcard = ?4 AND expires_at > ?5 ORDER BY proof",
        account, identifier.text(), x509::type_name(identifier.type()), std::int64_t{wildcard}, now);
    std::vector<std::string> proofs;
    while (rows->step()) proofs.push_back(rows->text(0));
    return proofs;
}

bool start_challenge(Transaction& transaction, std::string_view id, std::int64_t now, std::string_view account_url) {
    return transaction.run(
               "UPDATE challenges SET status = 'processing', next_attempt_at = ?2, account_url = ?3"
               " WHERE id = ?1 AND status = 'pending'"
               " AND EXISTS (SELECT 1 FROM authorizations a WHERE a.id = challenges.authorization_id"
               " AND a.status = 'pending' AND a.proof = '' AND a.expires_at > ?2)",
               id, now, account_url) == 1;
}

void postpone_challenge(Transaction& transaction, std::string_view id, std::string_view problem_json,
                        std::int64_t next_attempt_at) {
    transaction.run(
        "UPDATE challenges SET attempts = attempts + 1, error = ?2, next_attempt_at = ?3"
        " WHERE id = ?1 AND status = 'processing'",
        id, problem_json, next_attempt_at);
}

void settle_challenge(Transaction& transaction, std::string_view id, std::string_view problem_json, std::int64_t now,
                      std::int64_t authorization_expires_at) {
    if (problem_json.empty()) {
        settle_valid(transaction, id, now, authorization_expires_at);
    } else {
        settle_invalid(transaction, id, problem_json);
    }
}

std::vector<ChallengeRecord> unfinished_challenges(Transaction& transaction) {
    auto rows = transaction.query("SELECT " CHALLENGE_COLUMNS
                                  " FROM challenges WHERE status = 'processing' ORDER BY next_attempt_at, id");
    std::vector<ChallengeRecord> challenges;
    while (rows->step()) challenges.push_back(read_challenge(*rows));
    return challenges;
}

bool deactivate_authorization(Transaction& transaction, std::string_view id) {
    const auto changed = transaction.run(
        "UPDATE authorizations SET status = 'deactivated' WHERE id = ?1 AND status IN ('pending', 'valid')", id);
    if (changed != 1) return false;
    transaction.run(
        "UPDATE orders SET status = 'invalid' WHERE status IN ('pending', 'ready') AND " ORDERS_OF_AUTHORIZATION, id);
    return true;
}

std::vector<ProvenIdentifier> proven_identifiers(Transaction& transaction, const OrderRecord& order, std::int64_t now) {
    // The names come from the authorizations, not from the order: what is proved, not what was asked for.
    auto rows = transaction.query(
        "SELECT a.type, a.value, a.wildcard, a.proof FROM order_identifiers i"
        " JOIN authorizations a ON a.id = i.authorization_id JOIN orders o ON o.id = i.order_id"
        " WHERE i.order_id = ?1 AND a.account_id = o.account_id AND a.status = 'valid' AND a.expires_at > ?2 ORDER BY "
        "i.position",
        order.id, now);
    std::vector<ProvenIdentifier> proven;
    while (rows->step()) {
        const auto name = rows->integer(2) != 0 ? "*." + rows->text(1) : rows->text(1);
        proven.push_back(ProvenIdentifier(read_identifier(rows->text(0), name), rows->text(3)));
    }
    return proven;
}

}  // namespace signet::store
