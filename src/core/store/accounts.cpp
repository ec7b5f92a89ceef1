#include "store/accounts.h"

#include "store/columns.h"

namespace signet::store {

namespace {

constexpr std::int64_t k_former_keys = 100;  // of an account: none can make it grow without end

#define ACCOUNT_COLUMNS \
    "id, thumbprint, jwk, status, contacts, terms_agreed, profile, created_at, version, terms, token, binding"

std::optional<AccountRecord> read_one(Statement& row) {
    if (!row.step()) return std::nullopt;
    AccountRecord record{};
    record.id = row.text(0);
    record.thumbprint = row.text(1);
    record.jwk = row.text(2);
    record.status = account_status(row.text(3));
    record.contacts = text_to_list(row.text(4));
    record.terms_agreed = row.integer(5) != 0;
    record.profile = row.text(6);
    record.created_at = row.integer(7);
    record.version = row.integer(8);
    record.terms = row.text(9);
    record.token = text_if_there(row, 10);
    record.binding = text_if_there(row, 11);
    return record;
}

}  // namespace

bool insert_account(Transaction& transaction, const AccountRecord& record) {
    return transaction.run(
               "INSERT INTO accounts (" ACCOUNT_COLUMNS
               ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (thumbprint) DO NOTHING",
               record.id, record.thumbprint, record.jwk, to_text(record.status), list_to_text(record.contacts),
               std::int64_t{record.terms_agreed}, record.profile, record.created_at, record.version, record.terms,
               record.token, record.binding) == 1;
}

std::vector<AccountRecord> list_accounts(Transaction& transaction) {
    std::vector<AccountRecord> accounts;
    auto row = transaction.query("SELECT " ACCOUNT_COLUMNS " FROM accounts ORDER BY created_at, id");
    while (auto record = read_one(*row)) accounts.push_back(std::move(*record));
    return accounts;
}

std::optional<AccountRecord> find_account(Transaction& transaction, std::string_view id) {
    return read_one(*transaction.query("SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE id = ?1", id));
}

std::optional<AccountRecord> find_account_by_thumbprint(Transaction& transaction, std::string_view thumbprint) {
    return read_one(*transaction.query("SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE thumbprint = ?1", thumbprint));
}

std::optional<std::int64_t> account_version(Transaction& transaction, std::string_view id) {
    auto row = transaction.query("SELECT version FROM accounts WHERE id = ?1", id);
    if (!row->step()) return std::nullopt;
    return row->integer(0);
}

bool update_account(Transaction& transaction, const AccountRecord& record) {
    return transaction.run(
               "UPDATE accounts SET thumbprint = ?3, jwk = ?4, status = ?5, contacts = ?6, terms_agreed = ?7,"
               " terms = ?8, version = version + 1 WHERE id = ?1 AND version = ?2",
               record.id, record.version, record.thumbprint, record.jwk, to_text(record.status),
               list_to_text(record.contacts), std::int64_t{record.terms_agreed}, record.terms) == 1;
}

void remember_key(Transaction& transaction, std::string_view account, std::string_view thumbprint) {
    transaction.run("INSERT INTO former_keys (account_id, thumbprint) VALUES (?1, ?2)", account, thumbprint);
    transaction.run(
        "DELETE FROM former_keys WHERE account_id = ?1 AND id <="
        " (SELECT id FROM former_keys WHERE account_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        account, k_former_keys);
}

std::vector<std::string> former_keys(Transaction& transaction, std::string_view account) {
    auto rows = transaction.query("SELECT thumbprint FROM former_keys WHERE account_id = ?1 ORDER BY id DESC LIMIT ?2",
                                  account, k_former_keys);
    std::vector<std::string> thumbprints;
    while (rows->step()) thumbprints.push_back(rows->text(0));
    return thumbprints;
}

}  // namespace signet::store
