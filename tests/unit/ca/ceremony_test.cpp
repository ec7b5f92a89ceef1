#include "ca/ceremony.h"

#include <sys/stat.h>

#include <doctest/doctest.h>
#include <map>
#include <thread>

#include "base/error.h"
#include "ca/authority_files.h"
#include "ca/ca_certificates.h"
#include "store/certificates.h"
#include "support.h"
#include "support/temporary_store.h"

using namespace signet;
using namespace std::chrono_literals;
using test::k_now;

namespace {

constexpr base::Duration k_year = 24h * 365;

struct Fixture {
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    test::SeededRandom random;

    ca::InitResult init(const ca::InitRequest& request = {}) {
        return ca::init_authority(*store, request, clock, random);
    }
    base::Path directory() { return store->layout().authority("default"); }
    std::int64_t audited() {
        return store->query([](store::Transaction& transaction) {
            auto row = transaction.query("SELECT count(*) FROM audit WHERE action = 'ca.created'");
            row->step();
            return row->integer(0);
        });
    }
};

/// Inode, change time and contents of every file below: what "changes no byte" means.
std::map<std::string, std::string> snapshot(const base::Path& root) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        struct stat facts {};
        REQUIRE(::lstat(entry.path().c_str(), &facts) == 0);
        std::string text = std::to_string(facts.st_ino) + " " + std::to_string(facts.st_mode) + " " +
                           std::to_string(facts.st_ctim.tv_sec) + "." + std::to_string(facts.st_ctim.tv_nsec);
        if (entry.is_regular_file()) text += base::read_file(entry.path(), 1 << 20);
        files[entry.path().string()] = text;
    }
    return files;
}

}  // namespace

TEST_CASE("ceremony: root and issuing CA as RFC 5280 wants them") {
    Fixture ca;
    const auto made = ca.init();
    CHECK(made.created);
    CHECK(made.differences.empty());
    const x509::Certificate &root = made.authority->root(), &issuing = made.authority->issuing();
    CHECK(root.subject().text() == "CN=default Root CA");
    CHECK(root.self_issued());
    CHECK(root.signed_by(root.public_key()));
    CHECK(issuing.subject().text() == "CN=default Issuing CA");
    CHECK(issuing.issuer() == root.subject());
    CHECK(issuing.signed_by(root.public_key()));
    CHECK(issuing.authority_key_id() == root.subject_key_id());
    CHECK_FALSE(root.basic_constraints()->path_length);
    CHECK(issuing.basic_constraints()->path_length == 0);
    const auto usage = x509::usage_bit(x509::KeyUsage::key_cert_sign) | x509::usage_bit(x509::KeyUsage::crl_sign);
    for (const x509::Certificate& certificate : {root, issuing}) {
        CHECK(certificate.is_ca());
        CHECK(certificate.key_usage() == usage);
        CHECK(certificate.find_extension("2.5.29.15")->critical);
        CHECK(certificate.find_extension("2.5.29.19")->critical);
        CHECK(certificate.extended_key_usage() == nullptr);
        CHECK(certificate.public_key().type() == crypto::KeyType::ec_p256);
        CHECK(certificate.not_before() == k_now - ca::k_ca_backdate);
    }
    CHECK(root.not_after() == k_now + 10 * k_year);
    CHECK(issuing.not_after() == k_now + 5 * k_year);
}

TEST_CASE("ceremony: keys are private, in private directories") {
    Fixture ca;
    ca.init();
    const store::Layout& layout = ca.store->layout();
    CHECK(base::file_facts(layout.root_key("default"))->mode == 0600);
    CHECK(base::file_facts(layout.issuing_key("default"))->mode == 0600);
    CHECK(base::file_facts(layout.root_certificate("default"))->mode == 0644);
    CHECK(base::file_facts(ca.directory())->mode == 0700);
}

TEST_CASE("ceremony: run again, it changes no byte") {
    Fixture ca;
    ca.init();
    const auto before = snapshot(ca.directory());
    REQUIRE(before.size() == 4);
    ca.clock.advance(24h);
    const auto again = ca.init();
    CHECK_FALSE(again.created);
    CHECK(snapshot(ca.directory()) == before);
    CHECK(ca.audited() == 1);
}

TEST_CASE("ceremony: options that differ from what is there are told, absent ones never") {
    Fixture ca;
    ca::InitRequest request;
    request.organization = "Acme";
    request.validity = 2 * k_year;
    ca.init(request);
    CHECK(ca.init().differences.empty());
    CHECK(ca.init(request).differences.empty());
    request.organization = "Umbrella";
    request.country = "DE";
    request.common_name = "Other";
    request.key_type = crypto::KeyType::ed25519;
    request.root_key_type = crypto::KeyType::ec_p384;
    request.validity = 3 * k_year;
    request.issuing_validity = 24h;
    request.root_only = true;
    const auto differences = ca.init(request).differences;
    CHECK(differences.size() == 8);
    CHECK(differences[1] == "--org 'Umbrella' differs from what is there, 'Acme'");
}

TEST_CASE("ceremony: subject, key types and lifetimes as asked for") {
    Fixture ca;
    ca::InitRequest request;
    request.common_name = "Acme Root CA";
    request.organization = "Acme";
    request.unit = "Ops";
    request.country = "DE";
    request.state = "Hesse";
    request.key_type = crypto::KeyType::ed25519;
    request.root_key_type = crypto::KeyType::ec_p384;
    request.validity = 24h * 30;
    const auto made = ca.init(request);
    CHECK(made.authority->root().subject().text() == "CN=Acme Root CA,OU=Ops,O=Acme,ST=Hesse,C=DE");
    CHECK(made.authority->issuing().subject().text() == "CN=Acme Issuing CA,OU=Ops,O=Acme,ST=Hesse,C=DE");
    CHECK(made.authority->root().public_key().type() == crypto::KeyType::ec_p384);
    CHECK(made.authority->issuing().public_key().type() == crypto::KeyType::ed25519);
    CHECK(made.authority->issuing().not_after() == made.authority->root().not_after());
}

TEST_CASE("ceremony: what makes no CA is refused, and nothing is written") {
    Fixture ca;
    ca::InitRequest requests[6];
    requests[0].name = "../x";
    requests[1].country = "Germany";
    requests[2].common_name = std::string(65, 'x');
    requests[3].validity = 0s;
    requests[4].validity = k_year;
    requests[4].issuing_validity = 2 * k_year;
    requests[5].validity = 5000 * k_year;
    const auto before = snapshot(ca.store.root());
    for (const ca::InitRequest& request : requests) {
        CHECK_THROWS_AS(ca::check_init(request), base::Error);
        CHECK_THROWS_AS(ca.init(request), base::Error);
    }
    CHECK(snapshot(ca.store.root()) == before);
}

TEST_CASE("ceremony: what a killed run left behind is no obstacle") {
    Fixture ca;
    const base::Path staging = ca.store->layout().authorities() / ".default.new";
    base::make_directories(staging, 0700);
    base::write_file(staging / "root.key", "half a k", {.mode = 0600});
    base::make_directories(ca.directory(), 0700);
    CHECK(ca.init().created);
    CHECK_FALSE(std::filesystem::exists(staging));
}

TEST_CASE("ceremony: killed before the database knew, the next run enters it") {
    Fixture ca;
    const auto made = ca.init();
    ca.store->write([](store::Transaction& transaction) {
        transaction.run("DELETE FROM certificates");
        transaction.run("DELETE FROM audit");
    });
    const auto before = snapshot(ca.directory());
    CHECK_FALSE(ca.init().created);
    CHECK(ca.audited() == 1);
    CHECK(snapshot(ca.directory()) == before);
    const auto row = ca.store->query([&](store::Transaction& transaction) {
        return store::find_certificate(transaction, made.authority->issuing().serial_hex());
    });
    REQUIRE(row);
    CHECK(row->profile == "issuing");
    CHECK(row->authority == "default");
}

TEST_CASE("ceremony: a directory with files but no root.crt is not overwritten") {
    Fixture ca;
    ca.init();
    std::filesystem::remove(ca.store->layout().root_certificate("default"));
    const auto before = snapshot(ca.directory());
    try {
        ca.init();
        FAIL("made anew");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::corrupt);
    }
    CHECK(snapshot(ca.directory()) == before);
}

TEST_CASE("ceremony: a root key of another root is corrupt") {
    Fixture ca, other;
    ca.init();
    other.init();
    const std::string foreign = base::read_file(other.store->layout().root_key("default"), 1 << 16);
    base::write_file(ca.store->layout().root_key("default"), foreign, {.mode = 0600});
    CHECK_THROWS_AS(ca.init(), base::Error);
}

TEST_CASE("ceremony: eight at once make one CA") {
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    std::vector<std::string> fingerprints(8);
    std::atomic<int> created{0};
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < fingerprints.size(); ++i)
            threads.emplace_back([&, i] {
                test::SeededRandom random(i + 1);
                const auto own = store::Store::open(store.root());
                const auto result = ca::init_authority(*own, {}, clock, random);
                created += result.created ? 1 : 0;
                fingerprints[i] = result.authority->issuing().fingerprint_sha256();
            });
    }
    CHECK(created == 1);
    CHECK(!fingerprints[0].empty());
    for (const std::string& fingerprint : fingerprints) CHECK(fingerprint == fingerprints[0]);
}
