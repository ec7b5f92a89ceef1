#include "ca/revocation.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <future>
#include <thread>

#include "base/encoding.h"
#include "base/error.h"
#include "ca/authority_files.h"
#include "ca/ceremony.h"
#include "ca/crls.h"
#include "ca/ocsp_responder.h"
#include "store/certificates.h"
#include "store/crls.h"
#include "support.h"
#include "support/peak_memory.h"
#include "support/temporary_store.h"
#include "x509/crl.h"
#include "x509/der.h"
#include "x509/ocsp.h"

using namespace signet;
using namespace std::chrono_literals;
using test::ask;
using test::k_now;

namespace {

constexpr auto k_day = 24h;

struct Fixture {
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    test::SeededRandom random;
    ca::Authorities authorities{store->layout(), clock};
    ca::Issuer issuer{*store, authorities, clock, random};
    ca::Crls crls{*store, authorities, clock};
    ca::OcspResponder ocsp{*store, authorities, issuer, clock};
    ca::Profile profile = ca::ready_made_profiles().at("default");

    Fixture() { ca::init_authority(*store, {}, clock, random); }

    x509::Certificate issue(base::Duration validity = k_day) {
        auto request = ask(profile, {"w.test"});
        request.validity = validity;
        // One that is revoked as compromised is never certified again.
        request.public_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).public_key();
        return issuer.issue(request).certificate;
    }
    void revoke(const x509::Certificate& leaf, int reason = 1) {
        const auto record =
            store->query([&](store::Transaction& t) { return store::find_certificate(t, leaf.serial_hex()); });
        ca::revoke(*store, record.value(), reason, clock.now(), {"operator uid 0", {}, {}});
    }
    x509::Crl crl(std::string_view which = {}) { return x509::Crl::from_der(crls.get("default", which)->der); }
    bool listed(const x509::Certificate& leaf) { return crl().find(leaf.serial()).has_value(); }
    std::shared_ptr<const ca::Authority> authority() { return authorities.get("default"); }

    base::Bytes ask_about(const x509::Certificate& leaf, const x509::Certificate& issuing) {
        const x509::OcspIssuerHashes hashes(issuing);
        namespace der = x509::der;
        const auto id =
            der::sequence({der::sequence({der::oid("2.16.840.1.101.3.4.2.1")}), der::octet_string(hashes.sha256_name),
                           der::octet_string(hashes.sha256_key), der::tlv(der::k_integer, leaf.serial())});
        const auto request = der::sequence({der::sequence({der::sequence({der::sequence({id})})})});
        return ocsp.answer("default", request);
    }
    /// Tag of the CertStatus of the only answer, its times, and the responder's certificate.
    struct Answer {
        unsigned status;
        base::Time this_update, next_update;
        x509::Certificate responder;
        bool holds;  // the responder's key made the signature
    };
    Answer answer_about(const x509::Certificate& leaf, const x509::Certificate& issuing) {
        return read_answer(ask_about(leaf, issuing));
    }
    Answer answer_about(const x509::Certificate& leaf) { return answer_about(leaf, authority()->issuing()); }

    static Answer read_answer(base::ByteView response) {
        namespace der = x509::der;
        der::Reader outer(response);
        der::Reader fields = outer.sequence("OCSPResponse");
        fields.read(der::k_enumerated, "responseStatus");
        der::Reader tagged = fields.enter(der::context_constructed(0), "responseBytes");
        der::Reader bytes = tagged.sequence("ResponseBytes");
        bytes.oid("responseType");
        der::Reader basic_outer(bytes.octet_string("response"));
        der::Reader basic = basic_outer.sequence("BasicOCSPResponse");
        const auto data = basic.read(der::k_sequence, "tbsResponseData");
        basic.read(der::k_sequence, "signatureAlgorithm");
        const auto signature = basic.octet_bits("signature");
        der::Reader certificates = basic.enter(der::context_constructed(0), "certs");
        auto responder = x509::Certificate::from_der(certificates.sequence("certs").rest());
        der::Reader tbs(data.contents);
        tbs.any("responderID");
        tbs.time("producedAt");
        der::Reader list = tbs.sequence("responses");
        der::Reader single = list.sequence("SingleResponse");
        single.any("certID");
        const unsigned status = single.any("certStatus").tag & 0x1fu;
        const auto this_update = single.time("thisUpdate");
        const auto next_update = single.enter(der::context_constructed(0), "nextUpdate").time("nextUpdate");
        const bool holds =
            crypto::verify(responder.public_key(), crypto::SignatureAlgorithm::ecdsa_sha256, data.whole, signature);
        return {status, this_update, next_update, std::move(responder), holds};
    }
};

constexpr unsigned k_good = 0, k_revoked = 1, k_unknown = 2;

}  // namespace

TEST_CASE("crls: signed by the issuing CA, about the root's too") {
    Fixture ca;
    const auto issuing = ca.crl(), root = ca.crl("root");
    CHECK(issuing.issuer() == ca.authority()->issuing().subject());
    CHECK(issuing.signed_by(ca.authority()->issuing().public_key()));
    CHECK(issuing.authority_key_id() == ca.authority()->issuing().subject_key_id());
    CHECK(root.issuer() == ca.authority()->root().subject());
    CHECK(root.signed_by(ca.authority()->root().public_key()));
    CHECK(issuing.next_update() == k_now + 7 * k_day);
    CHECK(ca.crls.get("default", ca.authority()->issuing_id()) == ca.crls.get("default", {}));
    CHECK_THROWS_AS(ca.crls.get("default", "00000000"), base::Error);
    CHECK_THROWS_AS(ca.crls.get("nobody", {}), base::Error);
}

TEST_CASE("crls: kept until a revocation or half of their life, and every new one has a higher number") {
    Fixture ca;
    const auto leaf = ca.issue();
    const auto first = ca.crls.get("default", {});
    ca.clock.advance(3 * k_day);
    CHECK(ca.crls.get("default", {}) == first);
    ca.revoke(leaf);
    const auto second = ca.crls.get("default", {});
    CHECK(second->number > first->number);
    CHECK(second->entries == 1);
    CHECK(ca.crls.get("default", "root")->entries == 0);
    ca.clock.advance(3 * k_day);
    CHECK(ca.crls.get("default", {}) == second);
    ca.clock.advance(12h);
    const auto third = ca.crls.get("default", {});
    CHECK(third->number > second->number);
    CHECK(third->this_update == ca.clock.now());
    // A clock set back: nobody would take one of the future.
    ca.clock.advance(-30 * k_day);
    const auto back = ca.crls.get("default", {});
    CHECK(back->number > third->number);
    CHECK(back->this_update == ca.clock.now());
}

TEST_CASE("crls: who asks while another one signs gets the one before, and the next who asks the new one") {
    Fixture ca;
    const auto before = ca.crls.get("default", {});
    ca.revoke(ca.issue());
    const auto ask_crl = [&] { return ca.crls.get("default", {}); };
    std::vector<std::future<std::shared_ptr<const ca::SignedCrl>>> asking;
    // A signing takes this lock; it goes before those that wait for it, also when an expectation fails.
    auto lock = std::make_unique<base::FileLock>(ca.store->lock("crl-" + before->issuer_id));
    for (int i = 0; i < 4; ++i) asking.push_back(std::async(std::launch::async, ask_crl));
    const auto ended = [&] {
        return std::ranges::count_if(asking, [](auto& one) { return one.wait_for(0s) == std::future_status::ready; });
    };
    for (int i = 0; i < 6000 && ended() < 3; ++i) std::this_thread::sleep_for(5ms);
    REQUIRE(ended() == 3);
    // What is revoked while one signs is on the next one, whatever the one that is being signed has.
    ca.revoke(ca.issue());
    CHECK(ca.crls.get("default", {}) == before);
    lock.reset();
    int old = 0;
    for (auto& one : asking) old += one.get() == before ? 1 : 0;
    CHECK(old == 3);
    CHECK(ca.crls.get("default", {})->entries == 2);

    // One that has ended is nothing to be served meanwhile.
    ca.clock.advance(8 * k_day);
    lock = std::make_unique<base::FileLock>(ca.store->lock("crl-" + before->issuer_id));
    auto first = std::async(std::launch::async, ask_crl), second = std::async(std::launch::async, ask_crl);
    CHECK(first.wait_for(100ms) == std::future_status::timeout);
    CHECK(second.wait_for(0ms) == std::future_status::timeout);
    lock.reset();
    CHECK(first.get() == second.get());
}

TEST_CASE("crls: another process's revocation is seen at the next look") {
    Fixture ca;
    const auto leaf = ca.issue();
    CHECK_FALSE(ca.listed(leaf));
    {
        const auto other = store::Store::open(ca.store.root());
        const auto record =
            other->query([&](store::Transaction& t) { return store::find_certificate(t, leaf.serial_hex()); });
        ca::revoke(*other, record.value(), 4, ca.clock.now(), {"operator uid 0", {}, {}});
    }
    REQUIRE(ca.listed(leaf));
    CHECK(ca.crl().find(leaf.serial())->reason == 4);
    CHECK(ca.crl().find(leaf.serial())->revoked_at == ca.clock.now());
}

TEST_CASE("crls: an ended certificate leaves after one made beyond its end") {
    Fixture ca;
    const auto leaf = ca.issue(k_day);
    ca.revoke(leaf);
    CHECK(ca.listed(leaf));
    ca.clock.advance(2 * k_day);  // it has ended; no CRL was made since
    ca.revoke(ca.issue(k_day));   // a new one is
    CHECK(ca.listed(leaf));
    ca.clock.advance(3 * k_day);
    CHECK(ca.listed(leaf));  // within one validity of its end
    ca.clock.advance(10 * k_day);
    CHECK_FALSE(ca.listed(leaf));
    SUBCASE("and not before, however late the first one is") {
        const auto late = ca.issue(k_day);
        ca.revoke(late);
        ca.clock.advance(300 * k_day);
        CHECK(ca.listed(late));
        ca.clock.advance(8 * k_day);
        CHECK_FALSE(ca.listed(late));
    }
}

TEST_CASE("crls: numbers of a database from a backup are not given out again") {
    Fixture ca;
    for (int i = 0; i < 5; ++i) ca.revoke(ca.issue()), ca.crl();
    const auto last = ca.crls.get("default", {})->number;
    ca.store->write([](store::Transaction& t) { t.run("DELETE FROM crls"); });
    ca.clock.advance(10s);
    ca::Crls restored(*ca.store, ca.authorities, ca.clock);
    CHECK(restored.get("default", {})->number > last);
}

TEST_CASE("crls: the validity of the settings counts, and what cannot be signed is stale") {
    Fixture ca;
    ca.crls.configure({{"default", {.crl_validity = 8h, .ocsp_validity = 1h}}});
    CHECK(ca.crl().next_update() == k_now + 8h);
    CHECK_FALSE(ca.crls.stale("default"));
    const auto key = ca.store->layout().root_key("default");
    const auto kept = base::read_file(key, 1 << 16);
    const auto served = ca.crls.get("default", "root");
    base::write_file(key, "rubbish", {.mode = 0600});
    ca.clock.advance(5h);
    CHECK(ca.crls.get("default", "root") == served);  // still good
    CHECK_FALSE(ca.crls.stale("default"));
    ca.clock.advance(90min);
    CHECK(ca.crls.stale("default"));
    ca.clock.advance(2h);
    CHECK_THROWS_AS(ca.crls.get("default", "root"), base::Error);
    base::write_file(key, kept, {.mode = 0600});
    CHECK_FALSE(ca.crls.stale("default"));
}

TEST_CASE("crls: without the root's key there is no CRL of the root, and nothing is stale") {
    Fixture ca;
    std::filesystem::remove(ca.store->layout().root_key("default"));
    CHECK_THROWS_AS(ca.crls.get("default", "root"), base::Error);
    CHECK_FALSE(ca.crls.stale("default"));
    const auto authority = ca.authority();
    CHECK(ca.ask_about(authority->issuing(), authority->root()) ==
          x509::encode_ocsp_failure(x509::OcspFailure::unauthorized));
}

TEST_CASE("crls: a million entries from the store, in bounded memory") {
    Fixture ca;
    constexpr std::int64_t k_entries = test::k_sanitized ? 20'000 : 1'000'000;
    const auto id = ca.authority()->issuing_id();
    ca.store->write([&](store::Transaction& t) {
        t.run(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?4)"
            " INSERT INTO certificates (serial, issuer_id, authority, profile, subject, names, not_before, not_after,"
            " source, fingerprint, key_type, issued_at, revoked_at, revocation_reason, der)"
            " SELECT printf('5a%032x', i), ?1, 'default', 'default', 'CN=w', 'w', 0, ?2, 'cli', 'f', 'ec-p256', 0, ?3,"
            " 1, x'30' FROM n",
            id, base::to_unix(k_now + k_day), base::to_unix(k_now), k_entries);
    });
    const test::PeakMemory memory;
    const auto crl = ca.crls.get("default", {});
    const long grown = memory.grown_kib();
    CHECK(crl->entries == k_entries);
    CAPTURE(grown);
    if (!test::k_sanitized) CHECK(grown < 150 * 1024);
    CHECK(ca.crl().find(base::hex_decode("5a00000000000000000000000000004e20").value()));
}

TEST_CASE("ocsp responder: good, then revoked, never good again; unknown for what was never issued") {
    Fixture ca;
    const auto leaf = ca.issue();
    const auto before = ca.answer_about(leaf);
    CHECK(before.status == k_good);
    CHECK(before.holds);
    CHECK(before.this_update == k_now);
    CHECK(before.next_update == k_now + 24h);
    ca.revoke(leaf);
    CHECK(ca.answer_about(leaf).status == k_revoked);
    const auto stranger = test::sample_authority().issuing.value();
    CHECK(ca.answer_about(stranger).status == k_unknown);
    // Our own serial under another of our CAs is none of its.
    CHECK(ca.answer_about(leaf, ca.authority()->root()).status == k_unknown);
    CHECK(ca.ask_about(leaf, stranger) == x509::encode_ocsp_failure(x509::OcspFailure::unauthorized));
    CHECK(ca.ocsp.answer("default", base::Bytes{1, 2, 3}) ==
          x509::encode_ocsp_failure(x509::OcspFailure::malformed_request));
}

TEST_CASE("ocsp responder: a key and a short-lived certificate of its own for each CA") {
    Fixture ca;
    const auto leaf = ca.issue(300 * k_day);
    const auto authority = ca.authority();
    const auto about_leaf = ca.answer_about(leaf);
    const auto about_ca = ca.answer_about(authority->issuing(), authority->root());
    CHECK(about_ca.status == k_good);
    CHECK(about_leaf.responder.signed_by(authority->issuing().public_key()));
    CHECK(about_ca.responder.signed_by(authority->root().public_key()));
    for (const auto& responder : {about_leaf.responder, about_ca.responder}) {
        CHECK(responder.ocsp_no_check());
        CHECK_FALSE(responder.is_ca());
        REQUIRE(responder.extended_key_usage() != nullptr);
        CHECK(*responder.extended_key_usage() == std::vector<std::string>{x509::k_ocsp_signing});
        CHECK(responder.crl_urls().empty());
        CHECK(responder.not_after() - responder.not_before() < 3 * k_day);
        const auto record =
            ca.store->query([&](store::Transaction& t) { return store::find_certificate(t, responder.serial_hex()); });
        REQUIRE(record);
        CHECK(record->profile == ca::k_responder_profile);
    }
    CHECK(ca.answer_about(leaf).responder == about_leaf.responder);
    ca.clock.advance(25h);
    const auto later = ca.answer_about(leaf);
    CHECK_FALSE(later.responder == about_leaf.responder);
    CHECK(later.next_update <= later.responder.not_after());
    // Responders do not count among what hangs on a CA.
    CHECK(ca.store->query([&](store::Transaction& t) {
        return store::count_living(t, authority->issuing_id(), base::to_unix(ca.clock.now()));
    }) == 1);
}

TEST_CASE("ocsp responder: no answer outlives its CA, and its last certificate is not made anew each time") {
    Fixture ca;
    ca.clock.set(ca.authority()->issuing().not_after() - 2h);
    const auto leaf = ca.issue(1h);
    const auto first = ca.answer_about(leaf), second = ca.answer_about(leaf);
    CHECK(first.next_update == ca.authority()->issuing().not_after());
    CHECK(first.responder == second.responder);
}

TEST_CASE("revocation: audited, once") {
    Fixture ca;
    const auto leaf = ca.issue();
    ca.revoke(leaf);
    CHECK_THROWS_AS(ca.revoke(leaf), base::Error);
    CHECK(ca.store->query([&](store::Transaction& t) {
        auto row = t.query("SELECT count(*), min(detail) FROM audit WHERE action = 'certificate.revoked'");
        row->step();
        return std::to_string(row->integer(0)) + row->text(1);
    }) == "1keyCompromise");
}

TEST_CASE("policy: certificates name CRL, OCSP and issuer where there is a public URL") {
    Fixture ca;
    ca.issuer.set_public_http_url("http://ca.test:8080/");
    const auto id = ca.authority()->issuing_id();
    const auto leaf = ca.issue();
    CHECK(leaf.crl_urls() == std::vector<std::string>{"http://ca.test:8080/crl/default/" + id + ".crl"});
    CHECK(leaf.ocsp_urls() == std::vector<std::string>{"http://ca.test:8080/ocsp/default"});
    CHECK(leaf.issuer_urls() == std::vector<std::string>{"http://ca.test:8080/ca/default/" + id + ".der"});
    ca.profile.revocation = false;
    const auto free = ca.issue();
    CHECK(free.no_revocation_available());
    CHECK(free.crl_urls().empty());
    CHECK(free.ocsp_urls().empty());
    CHECK_FALSE(free.issuer_urls().empty());
}

TEST_CASE("authority settings: read with their bounds") {
    const auto read = [](const std::string& text) {
        const auto file = base::TomlFile::parse(text, "signet.toml");
        base::TomlTable table(file);
        return ca::read_authority_settings(table);
    };
    const auto table = read("[authority.corp]\ncrl_validity = \"2d\"\n");
    CHECK(ca::settings_of(table, "corp").crl_validity == 2 * k_day);
    CHECK(ca::settings_of(table, "corp").ocsp_validity == k_day);
    CHECK(ca::settings_of(table, "default").crl_validity == 7 * k_day);
    for (const char* bad : {"crl_validity = \"1s\"", "ocsp_validity = \"20y\"", "crl_valdity = \"1d\"", "x = 1"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(read(std::string("[authority.corp]\n") + bad), base::Error);
    }
}
