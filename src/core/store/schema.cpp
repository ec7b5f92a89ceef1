#include "store/schema.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/error.h"
#include "store/audit_tree.h"
#include "store/columns.h"
#include "store/compromised_keys.h"
#include "store/inventory.h"

namespace signet::store {

using base::Error;
using base::Kind;

namespace {

// Each migration is a list of statements in SQL that SQLite and PostgreSQL both speak; {blob} and the like stand for
// the dialect's words. A migration that has been released is never edited: add another.
//
// Times are seconds since the epoch, states the words of RFC 8555, lists one escaped item a line (columns.h).
// The rows numbered by the database keep inserts at the end of the table: the random keys are in narrow indexes only.

constexpr std::string_view k_version_1[] = {
    "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value {blob} NOT NULL)",

    // der comes last: a scan of the small columns does not touch it.
    "CREATE TABLE certificates (id {row_id}, serial TEXT NOT NULL UNIQUE, issuer_id TEXT NOT NULL, authority TEXT NOT "
    "NULL,"
    " profile TEXT NOT NULL, subject TEXT NOT NULL, names TEXT NOT NULL, not_before BIGINT NOT NULL, not_after BIGINT "
    "NOT NULL,"
    " source TEXT NOT NULL, account_id TEXT, fingerprint TEXT NOT NULL, key_type TEXT NOT NULL, issued_at BIGINT NOT "
    "NULL,"
    " revoked_at BIGINT, revocation_reason BIGINT, der {blob} NOT NULL)",
    "CREATE INDEX certificates_living ON certificates (issuer_id, not_after)",
    // Covers what a CRL says, so that a CRL of a million entries never reads the wide rows.
    "CREATE INDEX certificates_revoked ON certificates (issuer_id, not_after, serial, revoked_at, revocation_reason)"
    " WHERE revoked_at IS NOT NULL",

    "CREATE TABLE lineages (directory TEXT NOT NULL PRIMARY KEY, serial TEXT NOT NULL, authority TEXT NOT NULL,"
    " profile TEXT NOT NULL, names TEXT NOT NULL, request TEXT NOT NULL)",

    "CREATE TABLE accounts (id TEXT NOT NULL PRIMARY KEY, thumbprint TEXT NOT NULL UNIQUE, jwk TEXT NOT NULL,"
    " status TEXT NOT NULL, contacts TEXT NOT NULL, terms_agreed BIGINT NOT NULL, profile TEXT NOT NULL,"
    " created_at BIGINT NOT NULL, version BIGINT NOT NULL)",

    "CREATE TABLE orders (id TEXT NOT NULL PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts (id),"
    " profile TEXT NOT NULL, status TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,"
    " not_before BIGINT, not_after BIGINT, serial TEXT, error TEXT)",
    "CREATE INDEX orders_of_account ON orders (account_id, created_at, id)",
    "CREATE INDEX orders_by_end ON orders (expires_at)",

    "CREATE TABLE authorizations (id TEXT NOT NULL PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts (id),"
    " type TEXT NOT NULL, value TEXT NOT NULL, wildcard BIGINT NOT NULL, status TEXT NOT NULL, proof TEXT NOT NULL,"
    " created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
    "CREATE INDEX authorizations_by_end ON authorizations (expires_at)",
    "CREATE INDEX authorizations_reusable ON authorizations (account_id, value, type, wildcard, expires_at)"
    " WHERE status = 'valid'",

    "CREATE TABLE order_identifiers (order_id TEXT NOT NULL REFERENCES orders (id) ON DELETE CASCADE,"
    " position BIGINT NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL,"
    " authorization_id TEXT NOT NULL REFERENCES authorizations (id), PRIMARY KEY (order_id, position))",
    "CREATE INDEX order_identifiers_of_authorization ON order_identifiers (authorization_id, order_id)",

    "CREATE TABLE challenges (id TEXT NOT NULL PRIMARY KEY,"
    " authorization_id TEXT NOT NULL REFERENCES authorizations (id) ON DELETE CASCADE, position BIGINT NOT NULL,"
    " type TEXT NOT NULL, token TEXT NOT NULL, status TEXT NOT NULL, validated_at BIGINT, error TEXT,"
    " attempts BIGINT NOT NULL, next_attempt_at BIGINT)",
    "CREATE INDEX challenges_of_authorization ON challenges (authorization_id, position)",
    "CREATE INDEX challenges_unfinished ON challenges (next_attempt_at) WHERE status = 'processing'",

    "CREATE TABLE audit (id {row_id}, at BIGINT NOT NULL, action TEXT NOT NULL, actor TEXT NOT NULL,"
    " address TEXT NOT NULL, serial TEXT, account_id TEXT, profile TEXT, names TEXT NOT NULL, detail TEXT NOT NULL)",
};

constexpr std::string_view k_version_2[] = {
    // The URL of the terms of service that the account agreed to (RFC 8555 section 7.3.3).
    "ALTER TABLE accounts ADD COLUMN terms TEXT NOT NULL DEFAULT ''",
    // What an order replaces (RFC 9773 section 5), and what came of it: orders are swept, certificates stay.
    "ALTER TABLE orders ADD COLUMN replaces TEXT",
    "CREATE INDEX orders_replacing ON orders (replaces) WHERE replaces IS NOT NULL",
    "ALTER TABLE certificates ADD COLUMN replaced_by TEXT",
};

constexpr std::string_view k_version_3[] = {
    // Where an order was asked for: what an operator who decides about it wants to know.
    "ALTER TABLE orders ADD COLUMN address TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX authorizations_waiting ON authorizations (created_at, id) WHERE status = 'pending' AND proof = "
    "'manual'",
};

constexpr std::string_view k_version_4[] = {
    // Enrolment tokens, and the accounts that they bound (RFC 8555 section 7.3.4).
    "CREATE TABLE tokens (kid TEXT NOT NULL PRIMARY KEY, mac_key {blob} NOT NULL, profile TEXT NOT NULL,"
    " dns TEXT NOT NULL, ip TEXT NOT NULL, uri TEXT NOT NULL, uses BIGINT, bound BIGINT NOT NULL, expires_at BIGINT,"
    " revoked_at BIGINT, created_at BIGINT NOT NULL)",
    "ALTER TABLE accounts ADD COLUMN token TEXT",
    "ALTER TABLE accounts ADD COLUMN binding TEXT",
    "CREATE INDEX accounts_of_token ON accounts (token) WHERE token IS NOT NULL",
};

constexpr std::string_view k_version_5[] = {
    // Who has had more than a rate limit gives back by now (microseconds since the epoch). Whole again: no row.
    "CREATE TABLE allowances (subject TEXT NOT NULL PRIMARY KEY, whole_at BIGINT NOT NULL)",
    "CREATE INDEX allowances_by_end ON allowances (whole_at)",
    // Finalizes of this order that were refused: only the first is audited, and the last ends it.
    "ALTER TABLE orders ADD COLUMN refusals BIGINT NOT NULL DEFAULT 0",
};

constexpr std::string_view k_version_6[] = {
    // What was last signed for the certificates of one CA. The revision rises with each revocation among them: whoever
    // keeps a CRL in memory compares it. The number is never given out twice (RFC 5280 section 5.2.3).
    "CREATE TABLE crls (issuer_id TEXT NOT NULL PRIMARY KEY, revision BIGINT NOT NULL, number BIGINT NOT NULL,"
    " this_update BIGINT NOT NULL, next_update BIGINT NOT NULL)",
    // OCSP responders' certificates are no leafs that hold up the end of a CA: they are counted apart.
    "CREATE INDEX certificates_responders ON certificates (issuer_id, not_after) WHERE profile = 'ocsp-responder'",
};

constexpr std::string_view k_version_7[] = {
    // The account's URL as its client called it: dns-account-01 and dns-persist-01 have it in the zone.
    "ALTER TABLE challenges ADD COLUMN account_url TEXT NOT NULL DEFAULT ''",
    // Keys that an account had before: what is in a zone may have been made with them.
    "CREATE TABLE former_keys (id {row_id}, account_id TEXT NOT NULL REFERENCES accounts (id),"
    " thumbprint TEXT NOT NULL)",
    "CREATE INDEX former_keys_of_account ON former_keys (account_id, id)",
};

constexpr std::string_view k_version_8[] = {
    // What `list` and `show` look for, and the sweep of what has ended. Names stand with their key (name_keys.h).
    "CREATE TABLE certificate_names (name TEXT NOT NULL, certificate_id BIGINT NOT NULL,"
    " PRIMARY KEY (name, certificate_id)) {in_key}",
    "CREATE INDEX certificates_by_end ON certificates (not_after, id)",
    "CREATE INDEX certificates_of_account ON certificates (account_id, id) WHERE account_id IS NOT NULL",
    "CREATE INDEX certificates_by_revocation ON certificates (revoked_at, id) WHERE revoked_at IS NOT NULL",
    "CREATE INDEX certificates_by_fingerprint ON certificates ((substr(fingerprint, 1, 16)))",
    "CREATE INDEX lineages_by_serial ON lineages (serial)",
};

constexpr std::string_view k_version_9[] = {
    // The Merkle tree over the audit log (audit_tree.h).
    "ALTER TABLE audit ADD COLUMN hash {blob} NOT NULL DEFAULT ''",
    "CREATE INDEX audit_by_time ON audit (at)",
    "CREATE TABLE audit_tree (id {row_id}, size BIGINT NOT NULL, peaks {blob} NOT NULL)",
    "CREATE TABLE audit_nodes (level BIGINT NOT NULL, position BIGINT NOT NULL, hash {blob} NOT NULL,"
    " PRIMARY KEY (level, position))",
};

constexpr std::string_view k_version_10[] = {
    // Events that somebody is to hear of (notifications.h), and when to look at which certificate's end.
    "CREATE TABLE notifications (id {row_id}, event_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,"
    " subject TEXT NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT NULL, attempts BIGINT NOT NULL,"
    " next_at BIGINT NOT NULL, given_up_at BIGINT, error TEXT NOT NULL)",
    "CREATE INDEX notifications_of_subject ON notifications (subject, id) WHERE given_up_at IS NULL",
    "CREATE INDEX notifications_given_up ON notifications (given_up_at) WHERE given_up_at IS NOT NULL",
    "CREATE TABLE expiry_watch (at BIGINT NOT NULL, certificate_id BIGINT NOT NULL,"
    " PRIMARY KEY (at, certificate_id)) {in_key}",
    "CREATE TABLE ends_told (subject TEXT NOT NULL PRIMARY KEY, level TEXT NOT NULL, at BIGINT NOT NULL)",
};

constexpr std::string_view k_version_11[] = {
    // Keys that are never certified again (compromised_keys.h): the rows of their certificates are swept one day.
    "CREATE TABLE compromised_keys (spki_sha256 {blob} NOT NULL PRIMARY KEY, serial TEXT NOT NULL, at BIGINT NOT NULL)",
};

constexpr std::string_view k_version_12[] = {
    // CAs that the store's own have signed for others: whose ends are told of like those of its own.
    "CREATE TABLE subordinate_cas (serial TEXT NOT NULL PRIMARY KEY, not_after BIGINT NOT NULL)",
    "CREATE INDEX subordinate_cas_by_end ON subordinate_cas (not_after)",
    "INSERT INTO subordinate_cas (serial, not_after) SELECT c.serial, c.not_after FROM audit a JOIN certificates c"
    " ON c.serial = a.serial WHERE a.action = 'certificate.issued' AND a.profile = 'issuing'",
};

constexpr std::string_view k_version_13[] = {
    // What an account has begun and not finished, or given up: it may have so many at a time.
    "CREATE INDEX orders_open ON orders (account_id, expires_at, status)"
    " WHERE status IN ('pending', 'ready')",
    "CREATE INDEX authorizations_begun ON authorizations (account_id, expires_at, status)"
    " WHERE status IN ('pending', 'deactivated')",
};

// The names of certificates that are there already.
void fill_names(Database& database) {
    Transaction transaction(database);
    auto rows = transaction.query("SELECT id, names FROM certificates");
    while (rows->step()) index_names(transaction, rows->integer(0), text_to_list(rows->text(1)));
}

void plant_tree(Database& database) {
    Transaction transaction(database);
    plant_audit_tree(transaction);
}

void remember_keys(Database& database) {
    Transaction transaction(database);
    fill_compromised_keys(transaction);
}

struct Migration {
    std::span<const std::string_view> statements;
    void (*fill)(Database& database) = nullptr;  // what no SQL can say
};

constexpr std::array k_migrations = {Migration{k_version_1},
                                     Migration{k_version_2},
                                     Migration{k_version_3},
                                     Migration{k_version_4},
                                     Migration{k_version_5},
                                     Migration{k_version_6},
                                     Migration{k_version_7},
                                     Migration{k_version_8, fill_names},
                                     Migration{k_version_9, plant_tree},
                                     Migration{k_version_10},
                                     Migration{k_version_11, remember_keys},
                                     Migration{k_version_12},

                                     Migration{k_version_13}};
constexpr auto k_newest = static_cast<std::int64_t>(k_migrations.size());

std::string in_dialect(std::string_view sql, const Dialect& dialect) {
    std::string out(sql);
    const std::pair<std::string_view, std::string_view> words[] = {
        {"{blob}", dialect.blob}, {"{row_id}", dialect.row_id}, {"{in_key}", dialect.in_key}};
    for (const auto& [mark, word] : words) {
        for (auto at = out.find(mark); at != std::string::npos; at = out.find(mark, at + word.size())) {
            out.replace(at, mark.size(), word);
        }
    }
    return out;
}

/// 0: no tables at all.
std::int64_t schema_version(Database& database, std::string_view name) {
    const auto tables = database.tables();
    if (tables.empty()) return 0;
    if (std::ranges::find(tables, "signet_schema") == tables.end()) {
        throw Error{Kind::corrupt, std::string(name) + " is a database, but not one of signet",
                    "name another store, or move that file away"};
    }
    auto row = database.prepare("SELECT version FROM signet_schema");
    if (!row->step())
        throw Error{Kind::corrupt, std::string(name) + " does not say its schema version", "restore it from a backup"};
    const auto version = row->integer(0);
    if (version > k_newest) {
        throw Error{Kind::corrupt,
                    std::string(name) + " was written by a newer signet (schema " + std::to_string(version) +
                        ", this one knows " + std::to_string(k_newest) + ")",
                    "upgrade signet on this machine"};
    }
    return version;
}

void raise_to(Database& database, std::int64_t version) {
    const auto& migration = k_migrations[static_cast<std::size_t>(version - 1)];
    for (const auto sql : migration.statements) database.prepare(in_dialect(sql, database.dialect()))->step();
    if (migration.fill != nullptr) migration.fill(database);
    auto update = database.prepare("UPDATE signet_schema SET version = ?1");
    update->bind(1, version);
    update->step();
}

}  // namespace

SchemaState schema_state(Database& database, std::string_view name) {
    const auto version = schema_version(database, name);
    if (version == 0) return SchemaState::unmade;
    return version < k_newest ? SchemaState::older : SchemaState::current;
}

void migrate(Database& database, std::string_view name, std::optional<std::int64_t> only_to) {
    database.begin(true);
    try {
        // Looked at again under the lock: another process may have been first.
        auto version = schema_version(database, name);
        if (version == 0) {
            database.prepare("CREATE TABLE signet_schema (version BIGINT NOT NULL)")->step();
            database.prepare("INSERT INTO signet_schema (version) VALUES (0)")->step();
        }
        while (version < only_to.value_or(k_newest)) raise_to(database, ++version);
        database.commit();
    } catch (...) {
        database.rollback();
        throw;
    }
}

}  // namespace signet::store
