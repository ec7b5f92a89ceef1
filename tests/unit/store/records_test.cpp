// The plain rows: what goes in comes out, and what must be unique is.
#include <doctest/doctest.h>

#include "rows.h"
#include "store/accounts.h"
#include "store/audit.h"
#include "store/certificates.h"
#include "store/meta.h"
#include "support/temporary_store.h"

using namespace signet;
using store::Transaction;
using test::TemporaryStore;

TEST_CASE("certificates: a row comes back whole after the store was closed") {
    TemporaryStore store;
    auto cli = test::sample_certificate("0a0b");
    auto acme = test::sample_certificate("0c0d");
    acme.account = "acct1";
    acme.revoked_at = 5'000;
    acme.revocation_reason = 1;
    acme.names = {};
    store->write([&](Transaction& t) {
        store::insert_certificate(t, cli);
        store::insert_certificate(t, acme);
    });
    store.reopen();
    for (const auto& expected : {cli, acme}) {
        const auto found = store->query([&](Transaction& t) { return store::find_certificate(t, expected.serial); });
        REQUIRE(found);
        CHECK(found->der == expected.der);
        CHECK(found->issuer_id == expected.issuer_id);
        CHECK(found->authority == expected.authority);
        CHECK(found->profile == expected.profile);
        CHECK(found->subject == expected.subject);
        CHECK(found->names == expected.names);
        CHECK(found->not_before == expected.not_before);
        CHECK(found->not_after == expected.not_after);
        CHECK(found->source == expected.source);
        CHECK(found->account == expected.account);
        CHECK(found->fingerprint == expected.fingerprint);
        CHECK(found->key_type == expected.key_type);
        CHECK(found->issued_at == expected.issued_at);
        CHECK(found->revoked_at == expected.revoked_at);
        CHECK(found->revocation_reason == expected.revocation_reason);
    }
    CHECK_FALSE(store->query([](Transaction& t) { return store::find_certificate(t, "ff"); }));
    CHECK(store->query([](Transaction& t) { return store::account_of_certificate(t, "0c0d"); }) == "acct1");
    CHECK_FALSE(store->query([](Transaction& t) { return store::account_of_certificate(t, "0a0b"); }));
}

TEST_CASE("certificates: a serial is given once") {
    TemporaryStore store;
    store->write([](Transaction& t) { store::insert_certificate(t, test::sample_certificate("0a")); });
    CHECK(test::kind_of([&] {
              store->write([](Transaction& t) { store::insert_certificate(t, test::sample_certificate("0a", 1)); });
          }) == base::Kind::exists);
    CHECK(store->query([](Transaction& t) { return store::find_certificate(t, "0a").value().not_after; }) == 90'000);
}

TEST_CASE("certificates: the living are counted by issuer, notAfter included") {
    TemporaryStore store;
    store->write([](Transaction& t) {
        store::insert_certificate(t, test::sample_certificate("01", 99));
        store::insert_certificate(t, test::sample_certificate("02", 100));
        store::insert_certificate(t, test::sample_certificate("03", 101));
        auto other = test::sample_certificate("04", 200);
        other.issuer_id = "44556677";
        store::insert_certificate(t, other);
    });
    CHECK(store->query([](Transaction& t) { return store::count_living(t, "00112233", 100); }) == 2);
    CHECK(store->query([](Transaction& t) { return store::count_living(t, "44556677", 100); }) == 1);
    CHECK(store->query([](Transaction& t) { return store::count_living(t, "nobody", 100); }) == 0);
}

TEST_CASE("lineages: saved again, the later word counts") {
    TemporaryStore store;
    store::LineageRecord lineage{"/d", "01", "default", "default", {"a.internal"}, "{}"};
    store->write([&](Transaction& t) { store::save_lineage(t, lineage); });
    lineage.serial = "02";
    lineage.names = {"a.internal", "b.internal"};
    store->write([&](Transaction& t) { store::save_lineage(t, lineage); });
    const auto found = store->query([](Transaction& t) { return store::find_lineage(t, "/d"); });
    REQUIRE(found);
    CHECK(found->serial == "02");
    CHECK(found->names == lineage.names);
    CHECK(test::count_rows(*store, "lineages") == 1);
    CHECK_FALSE(store->query([](Transaction& t) { return store::find_lineage(t, "/e"); }));
}

TEST_CASE("accounts: one for a key, found by id and by key") {
    TemporaryStore store;
    const auto account = test::sample_account();
    auto again = test::sample_account();
    again.id = "acct2";  // the same key
    bool first = false, second = true;
    store->write([&](Transaction& t) { first = store::insert_account(t, account); });
    store->write([&](Transaction& t) { second = store::insert_account(t, again); });
    CHECK(first);
    CHECK_FALSE(second);
    const auto by_key =
        store->query([&](Transaction& t) { return store::find_account_by_thumbprint(t, account.thumbprint); });
    REQUIRE(by_key);
    CHECK(by_key->id == "acct1");
    CHECK(by_key->jwk == account.jwk);
    CHECK(by_key->contacts == account.contacts);
    CHECK(by_key->terms_agreed);
    CHECK(by_key->profile == "default");
    CHECK_FALSE(store->query([](Transaction& t) { return store::find_account(t, "acct2"); }));
}

TEST_CASE("accounts: an update from an old row version changes nothing") {
    TemporaryStore store;
    store->write([](Transaction& t) { store::insert_account(t, test::sample_account()); });
    auto mine = store->query([](Transaction& t) { return store::find_account(t, "acct1"); }).value();
    auto theirs = mine;
    theirs.status = store::AccountStatus::deactivated;
    bool changed = false;
    store->write([&](Transaction& t) { changed = store::update_account(t, theirs); });
    CHECK(changed);
    mine.contacts = {};
    store->write([&](Transaction& t) { changed = store::update_account(t, mine); });
    CHECK_FALSE(changed);
    const auto now = store->query([](Transaction& t) { return store::find_account(t, "acct1"); }).value();
    CHECK(now.status == store::AccountStatus::deactivated);
    CHECK(now.contacts.size() == 1);
    CHECK(now.version == mine.version + 1);
    CHECK(store->query([](Transaction& t) { return store::account_version(t, "acct1"); }) == now.version);
    CHECK_FALSE(store->query([](Transaction& t) { return store::account_version(t, "acct9"); }));
}

TEST_CASE("meta: values are put, replaced and erased; empty is not absent") {
    TemporaryStore store;
    const base::Bytes one{1, 0, 2}, empty{};
    store->write([&](Transaction& t) { store::put_meta(t, "nonce_key", one); });
    CHECK(store->query([](Transaction& t) { return store::get_meta(t, "nonce_key"); }) == one);
    store->write([&](Transaction& t) { store::put_meta(t, "nonce_key", empty); });
    CHECK(store->query([](Transaction& t) { return store::get_meta(t, "nonce_key"); }) == empty);
    store->write([](Transaction& t) { store::erase_meta(t, "nonce_key"); });
    CHECK_FALSE(store->query([](Transaction& t) { return store::get_meta(t, "nonce_key"); }));
}

TEST_CASE("audit: the entry and the act stand or fall together") {
    TemporaryStore store;
    const store::AuditRecord entry{1'000,     "certificate.issued", "operator uid 0", "", "0a", std::nullopt,
                                   "default", {"hostile\nname"},    "issued"};
    CHECK_THROWS(store->write([&](Transaction& t) {
        store::append_audit(t, entry);
        throw base::Error{base::Kind::refused, "changed its mind"};
    }));
    CHECK(test::count_rows(*store, "audit") == 0);
    store->write([&](Transaction& t) { store::append_audit(t, entry); });
    CHECK(test::count_rows(*store, "audit") == 1);
}
