#include "inspect/drill.h"

#include <doctest/doctest.h>
#include <filesystem>

#include "ca/ceremony.h"
#include "ca/generations.h"
#include "ca/issuer.h"
#include "store/certificates.h"
#include "store/inventory.h"
#include "support/manual_clock.h"
#include "support/seeded_random.h"
#include "support/temporary_store.h"

using namespace signet;
using namespace std::chrono_literals;

namespace {

struct Fleet {
    test::TemporaryStore store;
    test::ManualClock clock;
    test::SeededRandom random;
    ca::Authorities authorities{store->layout(), clock};
    ca::Issuer issuer{*store, authorities, clock, random};
    ca::Profile profile = ca::ready_made_profiles().at("default");

    explicit Fleet(const ca::InitRequest& init = {}) {
        ca::init_authority(*store, init, clock, random);
        profile.default_validity = 24h * 30;
        const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
        for (int i = 0; i < 20; ++i)
            issuer.issue({.profile = profile,
                          .names = {x509::Identifier::dns("w" + std::to_string(i) + ".internal")},
                          .public_key = key.public_key(),
                          .requester = ca::Operator{"t"}});
    }
    inspect::DrillReport play(inspect::Drill drill) {
        return inspect::play(*store, "default", drill, clock.now(), random);
    }
    /// Every file of the CA, with its contents.
    std::string state() {
        std::string all;
        const auto directory = store->layout().authorities();
        for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
            if (entry.is_regular_file()) all += entry.path().string() + base::read_file(entry.path(), 1 << 20);
        all += std::to_string(store->query([](store::Transaction& transaction) {
            auto row = transaction.query("SELECT (SELECT count(*) FROM certificates) + (SELECT count(*) FROM audit)");
            row->step();
            return row->integer(0);
        }));
        return all;
    }
};

bool refused(const inspect::DrillReport& report, const std::string& phase, const std::string& anchors) {
    for (const auto& peer : report.peers)
        if (peer.phase == phase && peer.anchors == anchors && !peer.accepted) return true;
    return false;
}

}  // namespace

TEST_CASE("drill: a rotation moves everyone within the window, and nobody refuses anybody") {
    ca::InitRequest init;
    init.permit.dns = {"internal"};
    Fleet fleet(init);
    const auto before = fleet.state();
    const auto report = fleet.play(inspect::Drill::rotate);
    CHECK(fleet.state() == before);
    CHECK(report.certificates == 20);
    CHECK(report.all_moved > report.begins);
    CHECK(report.all_moved < report.begins + 72h);
    CHECK_FALSE(report.somebody_refused());
    CHECK(report.events.front().left == 20);
    CHECK(report.events.back().left == 0);
    CHECK(std::is_sorted(report.events.begin(), report.events.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; }));
}

TEST_CASE("drill: it counts what ca show counts, revoked certificates apart") {
    Fleet fleet;
    store::Inventory inventory({});
    const auto row =
        fleet.store->query([&](store::Transaction& transaction) { return inventory.next(transaction, 1).front(); });
    fleet.store->write([&](store::Transaction& transaction) {
        const auto now = base::to_unix(fleet.clock.now());
        store::revoke_certificate(transaction, row.serial, {now, 1, now});
    });
    const auto report = fleet.play(inspect::Drill::rotate);
    const auto files = ca::read_authority_files(fleet.store->layout(), "default");
    CHECK(report.certificates == fleet.store->query([&](store::Transaction& transaction) {
        return ca::count_living_leaves(transaction, files, ca::authority_id(files.signer()),
                                       base::to_unix(fleet.clock.now()));
    }));
    CHECK(report.certificates == 20);
    CHECK(report.revoked == 1);
    CHECK(report.events.front().left == 19);
    CHECK(report.events.back().at >= report.last_end);  // ca retire refuses before
}

TEST_CASE("drill: a new root refuses nobody, until the old one is gone and a peer has nothing else") {
    Fleet fleet;
    const auto before = fleet.state();
    const auto report = fleet.play(inspect::Drill::rotate_root);
    CHECK(fleet.state() == before);
    CHECK_FALSE(report.somebody_refused());
    CHECK_FALSE(refused(report, "moving", "the former root alone"));
    CHECK(refused(report, "retired", "the former root alone"));
    CHECK_FALSE(refused(report, "retired", "the new root alone"));
}

TEST_CASE("drill: a mass revocation tells the size of the CRL") {
    Fleet fleet;
    const auto before = fleet.state();
    const auto report = fleet.play(inspect::Drill::revoke_all);
    CHECK(fleet.state() == before);
    CHECK(report.crl_entries == 20);
    CHECK(report.crl_bytes > 20 * 17);
    CHECK(report.all_moved <= report.begins + 6h);
    CHECK_FALSE(report.somebody_refused());
}

TEST_CASE("drill: what cannot be done cannot be played") {
    ca::InitRequest init;
    init.root_only = true;
    Fleet fleet(init);
    CHECK_THROWS_AS(fleet.play(inspect::Drill::rotate), base::Error);
    CHECK_FALSE(fleet.play(inspect::Drill::rotate_root).somebody_refused());
}
