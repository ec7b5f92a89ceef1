#include "store/tokens.h"

#include "store/columns.h"

namespace signet::store {

namespace {

#define TOKEN_COLUMNS "kid, mac_key, profile, dns, ip, uri, uses, bound, expires_at, revoked_at, created_at"

std::optional<TokenRecord> read_token(Statement& row) {
    if (!row.step()) return std::nullopt;
    TokenRecord record{};
    record.kid = row.text(0);
    record.mac_key = row.blob(1);
    record.profile = row.text(2);
    record.dns = text_to_list(row.text(3));
    record.ip = text_to_list(row.text(4));
    record.uri = text_to_list(row.text(5));
    record.uses = integer_if_there(row, 6);
    record.bound = row.integer(7);
    record.expires_at = integer_if_there(row, 8);
    record.revoked_at = integer_if_there(row, 9);
    record.created_at = row.integer(10);
    return record;
}

}  // namespace

void insert_token(Transaction& transaction, const TokenRecord& record) {
    transaction.run("INSERT INTO tokens (" TOKEN_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                    record.kid, record.mac_key, record.profile, list_to_text(record.dns), list_to_text(record.ip),
                    list_to_text(record.uri), record.uses, record.bound, record.expires_at, record.revoked_at,
                    record.created_at);
}

std::optional<TokenRecord> find_token(Transaction& transaction, std::string_view kid) {
    return read_token(*transaction.query("SELECT " TOKEN_COLUMNS " FROM tokens WHERE kid = ?1", kid));
}

std::vector<TokenRecord> list_tokens(Transaction& transaction) {
    std::vector<TokenRecord> tokens;
    auto row = transaction.query("SELECT " TOKEN_COLUMNS " FROM tokens ORDER BY created_at, kid");
    while (auto record = read_token(*row)) tokens.push_back(std::move(*record));
    return tokens;
}

bool use_token(Transaction& transaction, std::string_view kid, std::int64_t now) {
    return transaction.run(
               "UPDATE tokens SET bound = bound + 1 WHERE kid = ?1 AND revoked_at IS NULL"
               " AND (expires_at IS NULL OR expires_at > ?2) AND (uses IS NULL OR bound < uses)",
               kid, now) == 1;
}

std::optional<std::int64_t> revoke_token(Transaction& transaction, std::string_view kid, std::int64_t now,
                                         std::string_view problem_json) {
    if (transaction.run("UPDATE tokens SET revoked_at = ?2 WHERE kid = ?1 AND revoked_at IS NULL", kid, now) != 1) {
        return std::nullopt;
    }
    transaction.run(
        "UPDATE orders SET status = 'invalid', error = ?2 WHERE status IN ('pending', 'ready')"
        " AND account_id IN (SELECT id FROM accounts WHERE token = ?1)",
        kid, problem_json);
    // RFC 8555 section 7.1.2: what the server itself ends is revoked, not deactivated.
    return transaction.run(
        "UPDATE accounts SET status = 'revoked', version = version + 1 WHERE token = ?1 AND status = 'valid'", kid);
}

}  // namespace signet::store
