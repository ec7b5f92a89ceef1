#include "ca/rotation.h"

#include <doctest/doctest.h>
#include <filesystem>

#include "ca/crls.h"
#include "ca/generations.h"
#include "ca/import.h"
#include "ca/issuer.h"
#include "ca/renewal_window.h"
#include "ca/revocation.h"
#include "store/certificates.h"
#include "support.h"
#include "support/temporary_store.h"
#include "x509/crl.h"
#include "x509/path.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Kind;
using test::k_now;
using Chain = std::vector<x509::Certificate>;

namespace {

struct Generations {
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    test::SeededRandom random;
    ca::Authorities authorities{store->layout(), clock};
    ca::Issuer issuer{*store, authorities, clock, random};

    explicit Generations(const ca::InitRequest& init = {}) { ca::init_authority(*store, init, clock, random); }
    const store::Layout& layout() { return store->layout(); }
    ca::AuthorityFiles files() { return ca::read_authority_files(layout(), "default"); }
    ca::Issued issue() { return issuer.issue(test::ask(ca::ready_made_profiles().at("default"), {"w.internal"})); }
    ca::RotateResult rotate(bool root = false, bool compromised = false) {
        clock.advance(1h);
        ca::RotateRequest request;
        request.root = root;
        request.compromised = compromised;
        return ca::rotate_authority(*store, request, clock, random);
    }
    Kind refusal(const std::string& id, bool force = false) {
        try {
            ca::retire_ca(*store, {id, force, "t"}, clock.now());
        } catch (const base::Error& error) {
            CHECK_FALSE(error.hint().empty());
            return error.kind();
        }
        return Kind::internal;  // retired
    }
    std::int64_t living(const std::string& id) {
        const auto all = files();
        return store->query([&](store::Transaction& transaction) {
            return ca::count_living_leaves(transaction, all, id, base::to_unix(clock.now()));
        });
    }
    bool accepts(const x509::Certificate& anchor, const x509::Certificate& leaf, const Chain& sent) {
        return x509::validate_path({.leaf = leaf,
                                    .intermediates = sent,
                                    .anchors = {anchor},
                                    .at = clock.now(),
                                    .purpose = x509::Purpose::any,
                                    .max_depth = {}})
            .valid();
    }
    store::CertificateRecord record(const x509::Certificate& certificate) {
        return *store->query([&](store::Transaction& transaction) {
            return store::find_certificate(transaction, certificate.serial_hex());
        });
    }
};

}  // namespace

TEST_CASE("rotation: the next issuing CA says what the one before said, which keeps its CRL") {
    ca::InitRequest init;
    init.common_name = "Acme Root CA";
    init.organization = "Acme";
    init.key_type = crypto::KeyType::ec_p384;
    init.permit.dns = {"internal"};
    Generations ca(init);
    const auto old_leaf = ca.issue();
    const auto before = ca.files();
    CHECK(ca.rotate().how == ca::Rotated::done);
    const auto after = ca.files();
    CHECK(after.root == before.root);
    CHECK(after.issuing->subject().text() == "CN=Acme Issuing CA G2,O=Acme");
    CHECK(after.issuing->public_key().describe() == "ec-p384");
    CHECK(after.issuing->name_subtrees()->permitted.size() == 1);
    CHECK(after.issuing->basic_constraints()->path_length == 0);
    REQUIRE(after.former_issuing.size() == 1);
    CHECK(after.former_issuing[0].certificate == *before.issuing);
    const auto leaf = ca.issue();
    CHECK(leaf.certificate.signed_by(after.issuing->public_key()));
    CHECK(leaf.chain == Chain{*after.issuing});
    CHECK(after.sent_chain_of(ca::authority_id(*before.issuing)) == Chain{*before.issuing});
    CHECK(ca.living(ca::authority_id(*before.issuing)) == 1);
    CHECK(ca.living(ca::authority_id(*after.issuing)) == 1);

    ca::Crls crls(*ca.store, ca.authorities, ca.clock);
    for (const auto& signer : after.leaf_signers()) {
        const auto crl = x509::Crl::from_der(crls.get("default", ca::authority_id(signer))->der);
        CHECK(crl.signed_by(signer.public_key()));
    }
    CHECK(ca.record(*after.issuing).issuer_id == ca::authority_id(after.root));
    ca.rotate();
    CHECK(ca.files().issuing->subject().text() == "CN=Acme Issuing CA G3,O=Acme");
    CHECK(ca.files().former_issuing.size() == 2);
}

TEST_CASE("rotation: two roots certify each other, so that either anchor is enough for old and new certificates") {
    Generations ca;
    const auto old_leaf = ca.issue();
    const auto first = ca.files();
    ca.rotate(true);
    const auto second = ca.files();
    CHECK(second.root.subject().text() == "CN=default Root CA G2");
    CHECK(second.anchors() == Chain{second.root, first.root});
    REQUIRE(second.cross.size() == 2);
    for (const auto& cross : second.cross) {
        CHECK(cross.not_after() <= first.root.not_after());
        CHECK(ca.record(cross).profile == "cross");
    }
    const auto leaf = ca.issue();
    CHECK(leaf.chain.size() == 2);
    CHECK(leaf.anchors == second.anchors());
    const Chain shorter = second.chain();
    const Chain old_chain = second.sent_chain_of(ca::authority_id(*first.issuing));
    CHECK(old_chain.size() == 2);
    CHECK(ca.accepts(first.root, leaf.certificate, leaf.chain));
    CHECK(ca.accepts(second.root, leaf.certificate, leaf.chain));
    CHECK(ca.accepts(second.root, leaf.certificate, shorter));
    CHECK_FALSE(ca.accepts(first.root, leaf.certificate, shorter));
    CHECK(ca.accepts(first.root, old_leaf.certificate, old_leaf.chain));
    CHECK(ca.accepts(second.root, old_leaf.certificate, old_chain));

    ca.rotate(true);
    const auto third = ca.files();
    const auto newest = ca.issue();
    CHECK(newest.chain.size() == 3);
    for (const auto& root : {first.root, second.root, third.root}) {
        CHECK(ca.accepts(root, newest.certificate, newest.chain));
        CHECK(ca.accepts(root, old_leaf.certificate,
                         root == first.root ? old_leaf.chain : third.sent_chain_of(ca::authority_id(*first.issuing))));
    }
}

TEST_CASE("rotation: a root that signs leafs itself is followed by another one, under the same constraints") {
    ca::InitRequest init;
    init.root_only = true;
    init.permit.dns = {"internal"};
    Generations ca(init);
    CHECK_THROWS_AS(ca.rotate(), base::Error);
    const auto old_leaf = ca.issue();
    const auto first = ca.files();
    ca.rotate(true);
    const auto second = ca.files();
    CHECK_FALSE(second.issuing);
    CHECK(second.leaf_signers() == Chain{second.root, first.root});
    for (const auto& cross : second.cross) CHECK(cross.name_constraints().has_value());
    const auto leaf = ca.issue();
    CHECK(ca.accepts(first.root, leaf.certificate, leaf.chain));
    CHECK(ca.accepts(second.root, leaf.certificate, leaf.chain));
    CHECK(ca.accepts(second.root, old_leaf.certificate, second.sent_chain_of(ca::authority_id(first.root))));
    CHECK(ca.living(ca::authority_id(first.root)) == 1);
    CHECK(ca.living(ca::authority_id(second.root)) == 1);
    CHECK(ca.refusal(ca::authority_id(first.root)) == Kind::refused);
    ca.clock.advance(30h);
    CHECK(ca.refusal(ca::authority_id(first.root)) == Kind::internal);
    CHECK(ca.files().cross.empty());
}

TEST_CASE("retire: refused while leafs live, then a root goes with all that hangs on it") {
    Generations ca;
    ca.issue();
    const auto first = ca.files();
    const std::string root = ca::authority_id(first.root), issuing = ca::authority_id(*first.issuing);
    ca.rotate(true);
    CHECK(ca.refusal(root) == Kind::refused);
    CHECK(ca.refusal(issuing) == Kind::refused);
    CHECK(ca.refusal(ca::authority_id(ca.files().root)) == Kind::refused);
    CHECK(ca.refusal("00000000") == Kind::not_found);
    ca.clock.advance(30h);
    CHECK(ca.living(issuing) == 0);
    CHECK(ca.refusal(root) == Kind::internal);
    const auto left = ca.files();
    CHECK(left.former_roots.empty());
    CHECK(left.former_issuing.empty());
    CHECK(left.cross.empty());
    CHECK(left.anchors() == Chain{left.root});
    CHECK(std::filesystem::is_empty(ca.layout().former("default")));
    CHECK(ca.issue().chain.size() == 1);

    ca.rotate();
    CHECK(ca.refusal(ca::authority_id(*left.issuing)) == Kind::refused);
    CHECK(ca.refusal(ca::authority_id(*left.issuing), true) == Kind::internal);
}

TEST_CASE("retire: certificates of the CA itself that went before hold up nothing") {
    Generations ca;
    const auto first = ca.files();
    ca.rotate();
    CHECK(ca.refusal(ca::authority_id(*first.issuing)) == Kind::internal);
    ca.rotate(true);
    CHECK(ca.living(ca::authority_id(first.root)) == 0);  // it signed two issuing CAs, and the next root
    CHECK(ca.refusal(ca::authority_id(first.root)) == Kind::internal);
    const auto second = ca.files();
    ca.rotate(true);
    CHECK(ca.living(ca::authority_id(second.root)) == 0);  // it signed the first root, too
    CHECK(ca.refusal(ca::authority_id(second.root)) == Kind::internal);
}

TEST_CASE("rotation: of a compromised root nothing counts, and all below it is revoked") {
    Generations ca;
    const auto leaf = ca.issue();
    const auto first = ca.files();
    std::filesystem::remove(ca.layout().root_key("default"));  // it is not needed
    CHECK(ca.rotate(true, true).revoked == 2);                 // the leaf and the issuing CA
    const auto second = ca.files();
    CHECK(second.anchors() == Chain{second.root});
    CHECK(second.cross.empty());
    CHECK(ca.record(leaf.certificate).revocation_reason == ca::k_ca_compromise);
    CHECK(ca.record(*first.issuing).revoked_at.has_value());
    CHECK(ca.issue().chain == Chain{*second.issuing});
    CHECK(ca::moves_at(*ca.store, leaf.certificate) <= ca.clock.now());
    // As after a run that was killed before the last revocation: the same command only completes it.
    ca.store->write([&](store::Transaction& transaction) {
        transaction.run("UPDATE certificates SET revoked_at = NULL, revocation_reason = NULL WHERE serial = ?1",
                        leaf.certificate.serial_hex());
    });
    const auto again = ca.rotate(true, true);
    CHECK(again.how == ca::Rotated::completed);
    CHECK(again.revoked == 1);
    CHECK(ca.files().root == second.root);
}

TEST_CASE("rotation: certificates of former generations are to move within three days, each at a time of its own") {
    Generations ca;
    ca::Profile profile = ca::ready_made_profiles().at("default");
    profile.default_validity = 24h * 90;
    std::vector<x509::Certificate> leafs;
    for (int i = 0; i < 40; ++i) leafs.push_back(ca.issuer.issue(test::ask(profile, {"w.internal"})).certificate);
    CHECK_FALSE(ca::moves_at(*ca.store, leafs.front()));
    ca.rotate();
    const auto moved = ca.clock.now();
    int in_first_half = 0;
    for (const auto& leaf : leafs) {
        const auto at = ca::moves_at(*ca.store, leaf);
        REQUIRE(at);
        CHECK(*at >= moved);
        CHECK(*at < moved + 72h);
        if (*at < moved + 36h) ++in_first_half;
    }
    CHECK(in_first_half > 5);
    CHECK(in_first_half < 35);
    CHECK_FALSE(ca::moves_at(*ca.store, ca.issue().certificate));
    // A short-lived one has half of what is left.
    const auto record = ca.record(leafs.front());
    const auto short_window = ca::renewal_window(record, record.not_after - 100);
    CHECK(short_window.start < record.not_after - 50);
}

TEST_CASE("rotation: without the root's key a request waits, and the import completes it") {
    Generations ca;
    const auto first = ca.files();
    const auto kept = ca.store.root() / "usb.key";
    base::rename_file(ca.layout().root_key("default"), kept);
    const auto waiting = ca.rotate();
    CHECK(waiting.how == ca::Rotated::waiting);
    CHECK(ca.rotate().how == ca::Rotated::waiting);
    CHECK(ca::rotation_waits(ca.layout(), "default"));
    CHECK(ca.issue().chain == Chain{*first.issuing});
    CHECK_THROWS_AS(ca.rotate(true), base::Error);

    const auto csr = x509::CertificateRequest::from_file_contents(
        ca::certificate_request_of(ca.layout(), "default", {}, ca.clock.now()), "issuing.csr");
    CHECK(csr.subject.text() == "CN=default Issuing CA G2");
    const auto made = ca.issuer
                          .issue_subordinate("default",
                                             {.subject = csr.subject,
                                              .public_key = csr.public_key,
                                              .validity = {},
                                              .path_length = 0,
                                              .constraints = {},
                                              .requester = {"uid 0"}},
                                             {kept, {}})
                          .certificate;
    const auto imported = ca::import_authority(
        *ca.store,
        {.name = {}, .issuing = {made}, .root = first.root, .key = {}, .passphrase = {}, .keys = {}, .actor = "t"},
        ca.clock);
    CHECK(imported.how == ca::Imported::rotated);
    const auto second = ca.files();
    CHECK(*second.issuing == made);
    CHECK(second.former_issuing.front().certificate == *first.issuing);
    CHECK_FALSE(ca::rotation_waits(ca.layout(), "default"));
    CHECK(ca.issue().chain == Chain{made});
}

TEST_CASE("rotation: encrypted keys are followed by encrypted ones") {
    ca::InitRequest init;
    init.passphrase = std::make_shared<const base::Secret>(std::string("secret"));
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    test::SeededRandom random;
    const auto keys = std::make_shared<ca::KeyOpener>([](int attempt, const std::string&) {
        return attempt == 0 ? std::optional(base::Secret(std::string("secret"))) : std::nullopt;
    });
    ca::init_authority(*store, init, clock, random, keys);
    ca::RotateRequest request;
    request.root_key.keys = keys;
    CHECK_THROWS_AS(ca::rotate_authority(*store, request, clock, random), base::Error);
    request.passphrase = init.passphrase;
    ca::rotate_authority(*store, request, clock, random);
    CHECK(base::read_file(store->layout().issuing_key("default"), 1 << 16).find("ENCRYPTED") != std::string::npos);
}
