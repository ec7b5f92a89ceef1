#include "store/audit.h"

#include <doctest/doctest.h>

#include "rows.h"
#include "store/audit_check.h"
#include "store/audit_tree.h"
#include "store/certificates.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "support/temporary_store.h"

using namespace signet;
using store::AuditRecord;

namespace {

AuditRecord sample(int number) {
    AuditRecord record{};
    record.at = 1'800'000'000 + number;
    record.action = number % 3 == 0 ? "certificate.issued" : number % 3 == 1 ? "certificate.refused" : "token.created";
    record.actor = "account a" + std::to_string(number % 5);
    record.address = "192.0.2.1";
    record.serial = "0a" + std::to_string(number);
    record.account = "a" + std::to_string(number % 5);
    record.names = {"n" + std::to_string(number) + ".internal", "10.0.0.7"};
    record.detail = "a \"sentence\"";
    return record;
}

void fill(test::TemporaryStore& store, int count) {
    store->write([&](store::Transaction& t) {
        for (int i = 0; i < count; ++i) store::append_audit(t, sample(i));
    });
}

void run(test::TemporaryStore& store, const std::string& sql) {
    store->write([&](store::Transaction& t) { t.run(sql); });
}

std::string fault(test::TemporaryStore& store, std::optional<store::KnownTree> known = std::nullopt) {
    const auto finding = store::check_audit(*store, known);
    return finding.fault ? std::to_string(finding.fault->entry) + " " + finding.fault->what : "";
}

store::KnownTree tree_at(test::TemporaryStore& store, std::uint64_t size) {
    return store->query([&](store::Transaction& t) {
        return store::KnownTree{size, store::AuditTree(t).root_at(size)};
    });
}

std::vector<std::uint64_t> found(test::TemporaryStore& store, store::AuditFilter filter) {
    store::AuditLog log(std::move(filter));
    std::vector<std::uint64_t> indexes;
    while (!log.at_end()) {
        const auto entries = store->query([&](store::Transaction& t) { return log.next(t, 3); });
        for (const auto& entry : entries) indexes.push_back(entry.index);
    }
    return indexes;
}

}  // namespace

TEST_CASE("audit: the line that is hashed, byte for byte") {
    AuditRecord record = sample(1);
    record.detail = "tab\t quote\" back\\ \x01 \x7f \xC3\xA9";
    record.profile = std::nullopt;
    CHECK(store::audit_line(7, record) ==
          "{\"index\":7,\"at\":\"2027-01-15T08:00:01Z\",\"action\":\"certificate.refused\",\"actor\":\"account a1\","
          "\"address\":\"192.0.2.1\",\"serial\":\"0a1\",\"account\":\"a1\",\"profile\":null,"
          "\"names\":[\"n1.internal\",\"10.0.0.7\"],\"detail\":\"tab\\t quote\\\" back\\\\ \\u0001 \x7f \xC3\xA9\"}");
}

TEST_CASE("audit: what is no UTF-8 is replaced before it is recorded") {
    test::TemporaryStore store;
    const std::string texts[] = {
        "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\x80x", "\xC0\xAF", "\xED\xA0\x80", "a\xF4\x90\x80\x80", "\xE2\x82"};
    const std::string stored[] = {texts[0], "?x", "??", "???", "a????", "??"};
    for (const auto& text : texts) {
        auto record = sample(0);
        record.detail = text;
        record.names = {text};
        store->write([&](store::Transaction& t) { store::append_audit(t, record); });
    }
    store::AuditLog log({});
    const auto entries = store->query([&](store::Transaction& t) { return log.next(t, 100); });
    REQUIRE(entries.size() == std::size(stored));
    for (std::size_t i = 0; i < entries.size(); ++i) {
        CHECK(entries[i].record.detail == stored[i]);
        CHECK(entries[i].record.names == std::vector<std::string>{stored[i]});
    }
    CHECK(fault(store).empty());
}

TEST_CASE("audit: filters, in the order of the log, and what came after the end") {
    test::TemporaryStore store;
    fill(store, 20);
    CHECK(found(store, {}).size() == 20);
    CHECK(found(store, {.since = 1'800'000'018}) == std::vector<std::uint64_t>{18, 19});
    CHECK(found(store, {.since = 1'900'000'000}).empty());
    CHECK(found(store, {.action = "token"}) == std::vector<std::uint64_t>{2, 5, 8, 11, 14, 17});
    CHECK(found(store, {.action = "token.created"}).size() == 6);
    CHECK(found(store, {.action = "tok"}).empty());
    CHECK(found(store, {.account = "a3"}) == std::vector<std::uint64_t>{3, 8, 13, 18});
    CHECK(found(store, {.serial = "0a13"}) == std::vector<std::uint64_t>{13});
    CHECK(found(store, {.name_matches = [](std::string_view name) { return name == "n4.internal"; }}) ==
          std::vector<std::uint64_t>{4});
    CHECK(found(store, {.action = "token", .account = "a3"}) == std::vector<std::uint64_t>{8});

    store::AuditLog log({.since = 1'800'000'019});
    const auto look = [&] { return store->query([&](store::Transaction& t) { return log.next(t, 100).size(); }); };
    CHECK(look() == 1);
    CHECK(look() == 0);
    fill(store, 1);
    CHECK(look() == 0);  // from the time before
    store->write([&](store::Transaction& t) { store::append_audit(t, sample(30)); });
    CHECK(look() == 1);
}

TEST_CASE("audit: an entry about a certificate, by its time or without it") {
    test::TemporaryStore store;
    fill(store, 20);
    const auto find = [&](const std::string& action, std::vector<std::int64_t> times) {
        const auto entry =
            store->query([&](store::Transaction& t) { return store::find_audit(t, "0a9", action, times); });
        return entry ? static_cast<int>(entry->index) : -1;
    };
    CHECK(find("", {1'800'000'009}) == 9);
    CHECK(find("certificate.issued", {}) == 9);
    CHECK(find("certificate.issued", {5}) == 9);
    CHECK(find("certificate.revoked", {}) == -1);
}

TEST_CASE("audit: an act that fails leaves neither entry nor leaf") {
    test::TemporaryStore store;
    fill(store, 3);
    CHECK_THROWS(store->write([&](store::Transaction& t) {
        store::append_audit(t, sample(3));
        throw base::Error{base::Kind::refused, "no"};
    }));
    CHECK(test::count_rows(*store, "audit") == 3);
    CHECK(fault(store).empty());
    fill(store, 1);
    CHECK(fault(store).empty());
}

TEST_CASE("audit: roots and paths of every size come from the nodes that are kept") {
    test::TemporaryStore store;
    constexpr std::uint64_t k_count = 600;  // past two kept nodes
    fill(store, k_count);
    store::GrowingTree tree;
    store->read([&](store::Transaction& t) {
        const store::AuditTree audit(t);
        CHECK(audit.size() == k_count);
        std::vector<store::TreeHash> leaves;
        for (std::uint64_t i = 0; i < k_count; ++i)
            leaves.push_back(store::leaf_hash(base::to_bytes(store::audit_line(i, sample(static_cast<int>(i))))));
        for (std::uint64_t size = 0; size <= k_count; ++size) {
            if (size % 37 == 0 || size > 590 || size == 256 || size == 512) CHECK(audit.root_at(size) == tree.root());
            if (size < k_count) tree.append(leaves[size]);
        }
        CHECK(audit.root() == tree.root());
        for (const std::uint64_t size : {1U, 255U, 256U, 257U, 512U, 513U, 600U}) {
            for (std::uint64_t index = 0; index < size; index += 17) {
                CHECK(store::is_included(index, size, leaves[index], audit.inclusion_path(index, size),
                                         audit.root_at(size)));
            }
        }
    });
    CHECK(test::count_rows(*store, "audit_nodes") == 2);
}

TEST_CASE("audit: whatever is done to a row is found, and named") {
    struct Row {
        const char* name;
        std::string sql;
        const char* fault;
    };
    const Row rows[] = {
        {"untouched", "SELECT 1", ""},
        {"detail", "UPDATE audit SET detail = 'x' WHERE id = 7", "6 was changed or moved"},
        {"names", "UPDATE audit SET names = 'x' WHERE id = 1", "0 was changed or moved"},
        {"names written otherwise", "UPDATE audit SET names = names || x'0a' WHERE id = 2", "1 was changed or moved"},
        {"time", "UPDATE audit SET at = at + 1 WHERE id = 20", "19 was changed or moved"},
        {"serial away", "UPDATE audit SET serial = NULL WHERE id = 4", "3 was changed or moved"},
        {"profile empty", "UPDATE audit SET profile = '' WHERE id = 4", "3 was changed or moved"},
        {"hash", "UPDATE audit SET hash = x'00' WHERE id = 4", "3 was changed or moved"},
        {"hash away", "UPDATE audit SET hash = '' WHERE id = 4", "3 was changed or moved"},
        {"first removed", "DELETE FROM audit WHERE id = 1", "0 is missing"},
        {"middle removed", "DELETE FROM audit WHERE id = 9", "8 is missing"},
        {"last removed", "DELETE FROM audit WHERE id = 20", "19 is missing"},
        {"all removed", "DELETE FROM audit", "0 is missing"},
        {"moved to the end", "UPDATE audit SET id = 21 WHERE id = 5", "4 is missing"},
        {"before the first", "UPDATE audit SET id = -3 WHERE id = 5", "0 was changed or moved"},
        {"added", "INSERT INTO audit (at, action, actor, address, names, detail) VALUES (1, 'x', '', '', '', '')",
         "20 was not written by signet"},
        {"tree away", "DELETE FROM audit_tree", "0 the tree over the log is not there, or none"},
        {"tree shorter", "UPDATE audit_tree SET size = 16", "0 the tree over the log is not there, or none"},
        {"peaks", "UPDATE audit_tree SET peaks = zeroblob(64)", "0 or another of entries 0 to 15"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        test::TemporaryStore store;
        fill(store, 20);
        run(store, row.sql);
        const auto said = fault(store);
        CHECK_MESSAGE((row.fault[0] == 0 ? said.empty() : said.starts_with(row.fault)), said);
    }
}

TEST_CASE("audit: two entries that changed places") {
    test::TemporaryStore store;
    fill(store, 20);
    run(store, "UPDATE audit SET id = 1000 WHERE id = 3");
    run(store, "UPDATE audit SET id = 3 WHERE id = 5");
    run(store, "UPDATE audit SET id = 5 WHERE id = 1000");
    CHECK(fault(store) == "2 was changed or moved");
}

TEST_CASE("audit: an entry that is changed with its hash shows in the nodes above") {
    test::TemporaryStore store;
    fill(store, 300);
    const auto forge = [&](int number) {
        auto record = sample(number);
        record.detail = "forged";
        const auto line = store::audit_line(static_cast<std::uint64_t>(number), record);
        const auto leaf = store::leaf_hash(base::bytes_of(line));
        store->write([&](store::Transaction& t) {
            t.run("UPDATE audit SET detail = 'forged', hash = ?1 WHERE id = ?2", base::ByteView(leaf),
                  std::int64_t{number + 1});
        });
    };
    forge(299);
    CHECK(fault(store) == "296 or another of entries 296 to 299 was changed together with its hash");
    forge(100);
    CHECK(fault(store) == "0 or another of entries 0 to 255 was changed together with its hash");
}

TEST_CASE("audit: a revocation that the inventory does not know any more") {
    test::TemporaryStore store;
    fill(store, 3);
    auto revoked = sample(3);
    revoked.action = "certificate.revoked";
    revoked.serial = "0a";
    store->write([&](store::Transaction& t) {
        store::insert_certificate(t, test::sample_certificate("0a"));
        store::revoke_certificate(t, "0a", {2'000, 1, 2'000});
        store::append_audit(t, revoked);
    });
    CHECK(fault(store).empty());
    run(store, "UPDATE certificates SET revoked_at = NULL WHERE serial = '0a'");
    CHECK(fault(store).starts_with("3 says that the certificate 0a was revoked"));
    run(store, "DELETE FROM certificates");  // as the sweep does
    CHECK(fault(store).empty());
}

TEST_CASE("audit: a log that was made anew is given away by what is known of it") {
    test::TemporaryStore store, other;
    fill(store, 20);
    const auto known = tree_at(store, 20), earlier = tree_at(store, 9);
    CHECK(fault(store, known).empty());
    CHECK(fault(store, earlier).empty());
    CHECK(fault(store, tree_at(store, 0)).empty());
    fill(store, 5);
    CHECK(fault(store, known).empty());

    fill(other, 19);  // the last entry was cut off, tree and all
    CHECK(fault(other).empty());
    CHECK(fault(other, earlier).empty());
    CHECK(fault(other, known) == "19 is missing: the checkpoint is about 20 entries");
    other->write([](store::Transaction& t) { store::append_audit(t, sample(20)); });
    CHECK(fault(other).empty());
    CHECK(fault(other, known) == "0 or another of entries 0 to 19 is not the one that the checkpoint is about");
    CHECK(fault(other, earlier).empty());
}

TEST_CASE("audit: a log that somebody wrote into takes no further entry") {
    for (const auto* sql :
         {"INSERT INTO audit (at, action, actor, address, names, detail) VALUES (1, '', '', '', '', '')",
          "DELETE FROM audit_tree", "UPDATE audit_tree SET peaks = x'00'"}) {
        CAPTURE(sql);
        test::TemporaryStore store;
        fill(store, 3);
        run(store, sql);
        CHECK(test::kind_of([&] { fill(store, 1); }) == base::Kind::corrupt);
    }
}

TEST_CASE("audit: the entries of an old store get their tree, numbered without gaps") {
    constexpr std::int64_t k_before_tree = 8;
    const test::TemporaryDirectory directory;
    const auto file = directory / "signet.db";
    store::make_sqlite(file);
    auto database = store::open_sqlite(file, store::Access::write);
    store::migrate(*database, "x", k_before_tree);
    for (const auto* id : {"1", "2", "5", "6"}) {
        database
            ->prepare("INSERT INTO audit (id, at, action, actor, address, names, detail) VALUES (" + std::string(id) +
                      ", 1, 'x', 'y', '', 'a.internal', '')")
            ->step();
    }
    store::migrate(*database, "x");
    store::Transaction transaction(*database);
    const store::AuditTree tree(transaction);
    CHECK(tree.size() == 4);
    CHECK(tree.root() == tree.root_at(4));
    auto row = database->prepare("SELECT max(id), min(length(hash)) FROM audit");
    row->step();
    CHECK(row->integer(0) == 4);
    CHECK(row->integer(1) == 32);
}
