#include "store/schema.h"

#include <doctest/doctest.h>

#include "rows.h"
#include "store/compromised_keys.h"
#include "store/meta.h"
#include "store/sqlite.h"
#include "support/make_chain.h"
#include "support/temporary_store.h"

using namespace signet;
using store::Access;
using store::SchemaState;

namespace {

void run(const base::Path& file, std::string_view sql) {
    store::open_sqlite(file, Access::write)->prepare(sql)->step();
}

}  // namespace

TEST_CASE("schema: from nothing to the newest, and nothing to do after that") {
    const test::TemporaryDirectory directory;
    const auto file = directory / "signet.db";
    store::make_sqlite(file);
    auto database = store::open_sqlite(file, Access::write);
    CHECK(store::schema_state(*database, "x") == SchemaState::unmade);
    store::migrate(*database, "x");
    CHECK(store::schema_state(*database, "x") == SchemaState::current);
    const auto tables = database->tables();
    CHECK_NOTHROW(store::migrate(*database, "x"));
    CHECK(database->tables() == tables);
}

TEST_CASE("schema: a newer one says to upgrade, an older one is raised, data and all") {
    test::TemporaryStore store;
    store->write([](store::Transaction& t) { store::put_meta(t, "a", base::bytes_of("b")); });
    store.close();
    const auto file = store.root() / "signet.db";
    run(file, "UPDATE signet_schema SET version = version + 1");
    try {
        store::Store::open(store.root());
        FAIL("a newer schema was opened");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::corrupt);
        CHECK(error.hint().find("upgrade signet") != std::string::npos);
    }
    CHECK(test::kind_of([&] { store::Store::create(store.root()); }) == base::Kind::corrupt);
}

TEST_CASE("schema: certificates of an old store are found by their names") {
    constexpr std::int64_t k_before_names = 7;
    const test::TemporaryDirectory directory;
    const auto file = directory / "signet.db";
    store::make_sqlite(file);
    auto database = store::open_sqlite(file, Access::write);
    store::migrate(*database, "x", k_before_names);
    for (const auto* values : {"'0a', 'www.internal\n10.0.0.7'", "'0b', 'db.internal'", "'0c', ''"}) {
        database
            ->prepare(
                "INSERT INTO certificates (serial, names, issuer_id, authority, profile, subject, not_before,"
                " not_after, source, fingerprint, key_type, issued_at, der) VALUES (" +
                std::string(values) + ", '', '', '', '', 0, 0, '', '', '', 0, x'30')")
            ->step();
    }
    store::migrate(*database, "x");
    std::vector<std::string> names;
    auto rows = database->prepare(
        "SELECT n.name, c.serial FROM certificate_names n JOIN certificates c ON c.id = n.certificate_id"
        " ORDER BY n.name");
    while (rows->step()) names.push_back(rows->text(0) + " " + rows->text(1));
    CHECK(names == std::vector<std::string>{"dinternal.db 0b", "dinternal.www 0a", "i40a000007 0a"});
}

TEST_CASE("schema: keys that were revoked as compromised, and CAs signed for others, are known from an old store") {
    constexpr std::int64_t k_before = 10;
    const test::TemporaryDirectory directory;
    const auto file = directory / "signet.db";
    store::make_sqlite(file);
    auto database = store::open_sqlite(file, Access::write);
    store::migrate(*database, "x", k_before);
    const auto insert = [&](const std::string& serial, const base::Bytes& der, std::int64_t revoked_at, int reason) {
        auto row = database->prepare(
            "INSERT INTO certificates (serial, names, issuer_id, authority, profile, subject, not_before, not_after,"
            " source, fingerprint, key_type, issued_at, der, revoked_at, revocation_reason) VALUES"
            " (?1, '', '', '', '', '', 0, 77, '', '', '', 0, ?2, ?3, ?4)");
        row->bind(1, std::string_view(serial));
        row->bind(2, base::ByteView(der));
        row->bind(3, revoked_at);
        row->bind(4, std::int64_t{reason});
        row->step();
    };
    test::ChainMaker maker(base::from_unix(1'800'000'000));
    const auto leaked = maker.self_signed(maker.leaf_template({"leaked.test"})).certificate;
    const auto kept = maker.self_signed(maker.leaf_template({"kept.test"})).certificate;
    insert("0a", leaked.der(), 500, 1);
    insert("0b", leaked.der(), 400, 1);
    insert("0c", kept.der(), 300, 4);
    insert("0d", {0x30, 1}, 200, 1);
    for (const char* action :
         {"certificate.issued', '0c', 'issuing", "certificate.issued', '0a', 'default", "ca.created', '0b', 'issuing"})
        database
            ->prepare(
                "INSERT INTO audit (at, actor, address, names, detail, action, serial, profile) VALUES"
                " (0, '', '', '', '', '" +
                std::string(action) + "')")
            ->step();
    store::migrate(*database, "x");
    store::Transaction transaction(*database);
    const auto found = store::find_compromised_key(transaction, leaked.public_key());
    REQUIRE(found);
    CHECK(found->serial == "0b");
    CHECK(found->at == 400);
    CHECK_FALSE(store::find_compromised_key(transaction, kept.public_key()));
    auto rows = transaction.query("SELECT serial, not_after FROM subordinate_cas");
    REQUIRE(rows->step());
    CHECK(rows->text(0) == "0c");
    CHECK(rows->integer(1) == 77);
    CHECK_FALSE(rows->step());
}

TEST_CASE("schema: somebody else's database is left alone") {
    const test::TemporaryDirectory directory;
    const auto root = directory / "store";
    store::Store::create(root);
    std::filesystem::remove(root / "signet.db");
    store::make_sqlite(root / "signet.db");
    run(root / "signet.db", "CREATE TABLE moz_places (id INTEGER)");
    CHECK(test::kind_of([&] { store::Store::open(root); }) == base::Kind::corrupt);
    CHECK(test::kind_of([&] { store::Store::create(root); }) == base::Kind::corrupt);
    CHECK(store::open_sqlite(root / "signet.db", Access::read)->tables() == std::vector<std::string>{"moz_places"});
}

TEST_CASE("schema: what the server asks on every request is found by index") {
    test::TemporaryStore store;
    const std::string_view queries[] = {
        "SELECT * FROM certificates WHERE serial = ?1",
        "SELECT count(*) FROM certificates WHERE issuer_id = ?1 AND not_after >= ?2",
        "SELECT serial, revoked_at, revocation_reason FROM certificates WHERE revoked_at IS NOT NULL AND issuer_id = "
        "?1",
        "SELECT count(*) FROM certificates WHERE profile = 'ocsp-responder' AND issuer_id = ?1 AND not_after >= ?2",
        "SELECT * FROM accounts WHERE thumbprint = ?1",
        "SELECT id FROM orders WHERE account_id = ?1 AND status <> 'invalid' ORDER BY created_at DESC, id DESC LIMIT "
        "?2",
        "SELECT 1 FROM orders WHERE replaces = ?1 AND status <> 'invalid' AND expires_at > ?2 LIMIT 1",
        "SELECT id FROM orders WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2",
        "SELECT expires_at FROM orders WHERE status IN ('pending', 'ready') AND account_id = ?1 AND expires_at > ?2"
        " ORDER BY expires_at DESC LIMIT 1 OFFSET ?3",
        "SELECT expires_at FROM authorizations WHERE status IN ('pending', 'deactivated') AND account_id = ?1"
        " AND expires_at > ?2 ORDER BY expires_at DESC LIMIT 1 OFFSET ?3",
        "SELECT id FROM authorizations WHERE status = 'valid' AND account_id = ?1 AND value = ?2 AND type = ?3"
        " AND wildcard = ?4 AND expires_at > ?5 ORDER BY expires_at DESC LIMIT 1",
        "SELECT id FROM authorizations WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2",
        "UPDATE orders SET status = 'ready' WHERE status = 'pending' AND id IN"
        " (SELECT order_id FROM order_identifiers WHERE authorization_id = ?1)",
        "SELECT id FROM challenges WHERE authorization_id = ?1 ORDER BY position",
        "SELECT id FROM challenges WHERE status = 'processing' ORDER BY next_attempt_at, id",
        "SELECT id FROM orders WHERE status = 'pending' AND expires_at > ?2 AND id IN"
        " (SELECT i.order_id FROM order_identifiers i WHERE i.authorization_id IN"
        " (SELECT a.id FROM authorizations a WHERE a.status = 'pending' AND a.proof = 'manual' AND a.expires_at > ?2))"
        " ORDER BY created_at, id LIMIT ?1",
        "SELECT id FROM orders ORDER BY expires_at DESC LIMIT ?1",
        // The sweep's and the inventory's.
        "SELECT c.id FROM certificates c WHERE c.not_after < ?1 AND c.profile NOT IN ('root', 'issuing')"
        " AND NOT EXISTS (SELECT 1 FROM lineages l WHERE l.serial = c.serial) ORDER BY c.not_after, c.id LIMIT ?2",
        "SELECT c.subject FROM certificates c WHERE c.id < ?1 ORDER BY c.id DESC LIMIT ?2",
        "SELECT c.subject FROM certificates c WHERE c.account_id = ?3 AND c.id < ?1 ORDER BY c.id DESC LIMIT ?2",
        "SELECT c.subject FROM certificates c WHERE (c.not_after, c.id) > (?3, ?1) AND c.not_after < ?4"
        " ORDER BY c.not_after, c.id LIMIT ?2",
        "SELECT c.subject FROM certificates c WHERE c.revoked_at IS NOT NULL AND (c.revoked_at, c.id) < (?3, ?1)"
        " ORDER BY c.revoked_at DESC, c.id DESC LIMIT ?2",
        "SELECT c.subject, n.name FROM certificate_names n JOIN certificates c ON c.id = n.certificate_id"
        " WHERE n.name >= ?4 AND (n.name, n.certificate_id) < (?3, ?1)"
        " ORDER BY n.name DESC, n.certificate_id DESC LIMIT ?2",
        "SELECT min(id) FROM audit WHERE at >= ?1",
        "SELECT * FROM audit WHERE at = ?1 ORDER BY id",
        "SELECT serial, at FROM compromised_keys WHERE spki_sha256 = ?1",
        "SELECT serial, fingerprint FROM certificates WHERE substr(fingerprint, 1, 16) = ?1",
    };
    for (const auto sql : queries) {
        CAPTURE(sql);
        store->read([&](store::Transaction& t) {
            auto plan = t.query("EXPLAIN QUERY PLAN " + std::string(sql));
            while (plan->step()) {
                const auto line = plan->text(3);
                CAPTURE(line);
                const bool scan = line.starts_with("SCAN") && line.find("challenges_unfinished") == std::string::npos &&
                                  line.find("authorizations_waiting") == std::string::npos &&
                                  line.find("USING INDEX orders_by_end") == std::string::npos;
                CHECK_FALSE(scan);
                // What an account has begun is counted in an index of its own, and nowhere else.
                CHECK((sql.find("OFFSET") == std::string_view::npos ||
                       line.find("USING COVERING INDEX orders_open") != std::string::npos ||
                       line.find("USING COVERING INDEX authorizations_begun") != std::string::npos));
                // A walk over the inventory is sorted as it comes.
                CHECK((sql.find("FROM certificate") == std::string_view::npos ||
                       line.find("TEMP B-TREE") == std::string::npos));
            }
        });
    }
}
