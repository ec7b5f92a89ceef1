#include "client/enroll.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support/make_chain.h"
#include "support/temporary_directory.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Error;
using base::Kind;

namespace {

const base::Time k_now = base::from_unix(1'800'000'000);

// A CA that can be made to answer wrongly.
class FakeSource final : public client::Source {
public:
    test::ChainMaker maker{k_now};
    test::Member root = maker.self_signed(maker.ca_template("Root"));
    test::Member issuing = maker.issue(root, maker.ca_template("Issuing", 0));
    test::Member stranger = maker.self_signed(maker.ca_template("Stranger"));
    std::vector<std::string> names{"db.internal", "10.0.0.7"};
    std::optional<crypto::PublicKey> other_key;
    std::vector<x509::Certificate> anchors{root.certificate};
    std::vector<x509::Certificate> chain{issuing.certificate};
    std::function<void(x509::Template&)> edit = [](x509::Template&) {};
    int asked = 0;

    client::Certified certify(const x509::CertificateRequest& request, const std::vector<x509::Identifier>&) override {
        ++asked;
        auto content = maker.leaf_template(names);
        edit(content);
        return {maker.issue_for(issuing, content, other_key.value_or(request.public_key)), chain, anchors, {"a note"}};
    }
};

struct Fixture {
    test::TemporaryDirectory directory;
    FakeSource source;
    client::EnrollRequest request{
        .directory = directory / "tls",
        .names = {x509::Identifier::parse("db.internal"), x509::Identifier::parse("10.0.0.7")}};

    // Refused with this word in the message, and nothing written.
    void refused(const std::string& word) {
        try {
            client::enroll(request, source, k_now);
            FAIL("accepted");
        } catch (const Error& error) {
            CAPTURE(error.message());
            CHECK(error.kind() == Kind::refused);
            CHECK(error.message().find(word) != std::string::npos);
        }
        CHECK_FALSE(std::filesystem::exists(request.directory));
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "enroll: key, request, checks, files") {
    bool before = false;
    const auto enrolled = client::enroll(request, source, k_now, [&](const x509::Certificate& leaf) {
        before = true;
        CHECK(leaf.names() == request.names);
        CHECK_FALSE(std::filesystem::exists(request.directory / "tls.crt"));
    });
    CHECK(before);
    CHECK(enrolled.old_serial.empty());
    CHECK(enrolled.notes == std::vector<std::string>{"a note"});
    const auto there = deliver::installed(request.directory);
    REQUIRE(there);
    CHECK(there->key_fits);
    CHECK(there->chain == std::vector{enrolled.leaf, source.issuing.certificate});
    CHECK(there->anchors == source.anchors);
}

TEST_CASE_FIXTURE(Fixture, "enroll: again is another key and tells the old serial, --reuse-key keeps the key") {
    const auto first = client::enroll(request, source, k_now);
    const auto second = client::enroll(request, source, k_now);
    CHECK(second.old_serial == first.leaf.serial_hex());
    CHECK_FALSE(second.leaf.public_key() == first.leaf.public_key());
    request.reuse_key = true;
    const auto third = client::enroll(request, source, k_now);
    CHECK(third.leaf.public_key() == second.leaf.public_key());
    CHECK(third.old_serial == second.leaf.serial_hex());
}

TEST_CASE_FIXTURE(Fixture, "enroll: a request made elsewhere leaves no key") {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    request.csr = x509::CertificateRequest::from_der(x509::build_csr(key, request.names));
    const auto enrolled = client::enroll(request, source, k_now);
    CHECK(enrolled.leaf.public_key() == key.public_key());
    CHECK_FALSE(std::filesystem::exists(request.directory / "tls.key"));
    CHECK(std::filesystem::exists(request.directory / "tls.crt"));
}

TEST_CASE_FIXTURE(Fixture, "enroll: a certificate for another key is refused") {
    source.other_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).public_key();
    refused("another key");
}

TEST_CASE_FIXTURE(Fixture, "enroll: other names are refused, an added URI is not") {
    source.names = {"db.internal"};
    refused("10.0.0.7 is missing");
    source.names = {"db.internal", "10.0.0.7", "evil.internal"};
    refused("evil.internal was not asked for");
    source.names = {"db.internal", "10.0.0.7", "spiffe://mesh.internal/db"};
    client::enroll(request, source, k_now);
}

TEST_CASE_FIXTURE(Fixture, "enroll: a validity that does not hold now is refused") {
    source.edit = [](x509::Template& content) { content.not_before = k_now + 10min; };
    refused("valid from");
    source.edit = [](x509::Template& content) { content.not_after = k_now - 1min; };
    refused("ended at");
    source.edit = [](x509::Template& content) { content.not_before = k_now + 2min; };  // clocks differ a little
    client::enroll(request, source, k_now);
}

TEST_CASE_FIXTURE(Fixture, "enroll: a chain that does not reach the anchors is refused") {
    source.anchors = {source.stranger.certificate};
    refused("does not verify");
    source.anchors = {source.root.certificate};
    source.chain = {};
    refused("does not verify");
}

TEST_CASE_FIXTURE(Fixture, "enroll: without anchors the chain must be consistent, and its top is kept as anchor") {
    source.anchors = {};
    source.chain = {source.stranger.certificate};
    refused("does not verify");
    source.chain = {};
    refused("no issuer");
    source.chain = {source.issuing.certificate};
    client::enroll(request, source, k_now);
    CHECK(deliver::installed(request.directory)->anchors == std::vector{source.issuing.certificate});
    CHECK(deliver::installed(request.directory)->chain.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "enroll: a root that is sent along does not go into tls.crt") {
    source.chain = {source.issuing.certificate, source.root.certificate};
    for (const bool known : {true, false}) {
        CAPTURE(known);
        source.anchors = known ? std::vector{source.root.certificate} : std::vector<x509::Certificate>{};
        client::enroll(request, source, k_now);
        const auto there = deliver::installed(request.directory);
        CHECK(there->chain.size() == 2);
        CHECK(there->anchors == std::vector{source.root.certificate});
    }
}

TEST_CASE_FIXTURE(Fixture, "enroll: an unknown format costs no certificate") {
    request.formats = {"pem", "docx"};
    CHECK_THROWS_AS(client::enroll(request, source, k_now), Error);
    CHECK(source.asked == 0);
}
