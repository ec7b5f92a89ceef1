#include "x509/path.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/file.h"
#include "support/make_chain.h"
#include "x509/certificate_rules.h"
#include "x509/der.h"
#include "x509/pem.h"

using namespace signet;
using x509::Certificate;
using x509::PathRequest;
using x509::PathResult;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");

PathRequest request(const Certificate& leaf, std::vector<Certificate> intermediates, std::vector<Certificate> anchors) {
    return {leaf, std::move(intermediates), std::move(anchors), k_at, x509::Purpose::any, std::nullopt};
}

std::string rules(const PathResult& result) {
    std::string out;
    for (const auto& finding : result.findings)
        out += (out.empty() ? "" : " ") + std::to_string(finding.certificate) + ":" + finding.rule;
    return out;
}

std::string rules(const PathRequest& asked) { return rules(x509::validate_path(asked)); }

x509::Template::Extension policies(std::initializer_list<const char*> oids) {
    base::Bytes items;
    for (const char* oid : oids) base::append(items, x509::der::sequence({x509::der::oid(oid)}));
    return {"2.5.29.32", false, x509::der::sequence({items})};
}

x509::Template::Extension require_explicit_policy() {
    return {"2.5.29.36", true, x509::der::sequence({base::Bytes{0x80, 0x01, 0x00}})};
}

}  // namespace

TEST_CASE("path: both ends of a validity are inclusive, to the second") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    auto asked = request(maker.issue(root, maker.leaf_template({"a.internal"})).certificate, {}, {root.certificate});
    using std::chrono::milliseconds;
    asked.at = asked.leaf.not_before();
    CHECK(rules(asked).empty());
    asked.at = asked.leaf.not_before() - milliseconds(1);
    CHECK(rules(asked) == "0:not-yet-valid 1:not-yet-valid");
    asked.at = asked.leaf.not_after() + milliseconds(999);
    CHECK(rules(asked).empty());
    asked.at = asked.leaf.not_after() + milliseconds(1000);
    CHECK(rules(asked) == "0:expired 1:expired");
}

TEST_CASE("path: anchors count whether self-signed or not, and the leaf may be one") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    const auto issuing = maker.issue(root, maker.ca_template("Issuing", 0));
    const Certificate leaf = maker.issue(issuing, maker.leaf_template({"a.internal"})).certificate;
    CHECK(x509::validate_path(request(leaf, {issuing.certificate}, {root.certificate})).chain.size() == 3);
    CHECK(x509::validate_path(request(leaf, {}, {issuing.certificate})).chain.size() == 2);
    CHECK(x509::validate_path(request(leaf, {}, {leaf})).chain.size() == 1);
    CHECK(rules(request(leaf, {}, {leaf})).empty());
    CHECK(rules(request(leaf, {}, {root.certificate})) == "0:no-issuer");
    CHECK(rules(request(leaf, {issuing.certificate}, {})) == "1:no-issuer");
    CHECK(rules(request(leaf, {issuing.certificate, root.certificate}, {})) == "2:untrusted-root");
}

TEST_CASE("path: goes back when the first candidate is no good") {
    test::ChainMaker maker(k_at);
    const auto old_root = maker.self_signed(maker.ca_template("Old Root"));
    const auto new_root = maker.self_signed(maker.ca_template("New Root"));
    const auto issuing = maker.issue(new_root, maker.ca_template("Issuing", 0));
    const Certificate leaf = maker.issue(issuing, maker.leaf_template({"a.internal"})).certificate;

    auto expired = maker.ca_template("New Root");
    expired.not_after = k_at - std::chrono::hours(1);
    const Certificate expired_cross = maker.issue_for(old_root, expired, new_root.certificate.public_key());
    auto constrained = maker.ca_template("New Root");
    constrained.name_constraints.permitted = {{x509::Identifier::Type::dns, "other.internal"}};
    const Certificate constrained_cross = maker.issue_for(old_root, constrained, new_root.certificate.public_key());
    const Certificate cross =
        maker.issue_for(old_root, maker.ca_template("New Root"), new_root.certificate.public_key());
    const auto impostor = maker.self_signed(maker.ca_template("New Root"));

    const std::vector<Certificate> bad{impostor.certificate, expired_cross,       constrained_cross,
                                       issuing.certificate,  issuing.certificate, leaf};
    std::vector<Certificate> all = bad;
    all.push_back(cross);
    CHECK(rules(request(leaf, all, {old_root.certificate})).empty());
    CHECK(rules(request(leaf, bad, {old_root.certificate})) == "2:expired");
    CHECK(rules(request(leaf, bad, {old_root.certificate, new_root.certificate})).empty());
    CHECK(rules(request(leaf, {issuing.certificate}, {impostor.certificate})) == "1:signature");
}

TEST_CASE("path: dozens of cross-signed CAs end in an answer") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    std::vector<test::Member> members;
    std::vector<Certificate> crosses;
    for (int i = 0; i < 12; ++i) members.push_back(maker.self_signed(maker.ca_template("CA " + std::to_string(i))));
    for (const auto& issuer : members) {
        for (const auto& subject : members)
            crosses.push_back(maker.issue_for(issuer, maker.ca_template(*subject.certificate.subject().common_name()),
                                              subject.certificate.public_key()));
    }
    const Certificate leaf = maker.issue(members[0], maker.leaf_template({"a.internal"})).certificate;
    CHECK(!rules(request(leaf, crosses, {root.certificate})).empty());
    crosses.push_back(maker.issue_for(root, maker.ca_template("CA 11"), members[11].certificate.public_key()));
    CHECK(rules(request(leaf, crosses, {root.certificate})).empty());
}

TEST_CASE("path: self-issued certificates do not count for path lengths") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root", 1));
    const auto issuing = maker.issue(root, maker.ca_template("Issuing"));
    const auto again = maker.issue(issuing, maker.ca_template("Issuing"));
    const auto below = maker.issue(again, maker.ca_template("Below"));
    const auto leaf = [&](const test::Member& issuer) {
        return maker.issue(issuer, maker.leaf_template({"a.internal"})).certificate;
    };
    CHECK(rules(request(leaf(again), {again.certificate, issuing.certificate}, {root.certificate})).empty());
    CHECK(rules(request(leaf(below), {below.certificate, again.certificate, issuing.certificate},
                        {root.certificate})) == "4:path-length");
    auto asked = request(leaf(again), {again.certificate, issuing.certificate}, {root.certificate});
    asked.max_depth = 2;
    CHECK(rules(asked).empty());
    asked.max_depth = 1;
    CHECK(rules(asked) == "2:depth");
}

TEST_CASE("path: a purpose must be permitted by every certificate that names purposes") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    auto content = maker.ca_template("Servers only");
    content.extended_key_usage = {x509::k_server_auth};
    const auto issuing = maker.issue(root, content);
    auto asked = request(maker.issue(issuing, maker.leaf_template({"a.internal"})).certificate, {issuing.certificate},
                         {root.certificate});
    CHECK(rules(asked).empty());
    asked.purpose = x509::Purpose::server;
    CHECK(rules(asked).empty());
    asked.purpose = x509::Purpose::client;
    CHECK(rules(asked) == "1:extended-key-usage");
}

TEST_CASE("path: policies must agree when an issuer requires one") {
    test::ChainMaker maker(k_at);
    auto content = maker.ca_template("Root");
    content.extra = {require_explicit_policy()};
    const auto strict = maker.self_signed(content);
    const auto chain = [&](std::initializer_list<const char*> ca, std::initializer_list<const char*> leaf,
                           bool require) {
        const auto root = maker.self_signed(maker.ca_template("Root"));
        auto issuing_content = maker.ca_template("Issuing");
        if (ca.size() != 0) issuing_content.extra.push_back(policies(ca));
        if (require) issuing_content.extra.push_back(require_explicit_policy());
        const auto issuing = maker.issue(root, issuing_content);
        auto leaf_content = maker.leaf_template({"a.internal"});
        if (leaf.size() != 0) leaf_content.extra = {policies(leaf)};
        return rules(
            request(maker.issue(issuing, leaf_content).certificate, {issuing.certificate}, {root.certificate}));
    };
    CHECK(chain({"1.2.3"}, {"1.2.3"}, true) == "");
    CHECK(chain({"1.2.3"}, {"1.2.4"}, true) == "0:policy");
    CHECK(chain({"1.2.3"}, {}, true) == "0:policy");
    CHECK(chain({"1.2.3"}, {"1.2.4"}, false) == "");
    CHECK(chain({"2.5.29.32.0"}, {"1.2.4"}, true) == "");
    CHECK(chain({"1.2.3", "1.2.4"}, {"2.5.29.32.0"}, true) == "");
    CHECK(chain({}, {"1.2.3"}, true) == "0:policy");
}

TEST_CASE("path: the roots of a distribution keep the rules that bind anchors, but for a few old ones") {
    const auto bundle = base::read_file_if_there("/etc/ssl/certs/ca-certificates.crt", 4 << 20);
    if (!bundle) {
        MESSAGE("skipped: no /etc/ssl/certs/ca-certificates.crt (package ca-certificates)");
        return;
    }
    int refused = 0;
    for (const Certificate& root : x509::parse_certificates(*bundle, "bundle")) {
        for (const auto& finding : x509::broken_rules(root, x509::Role::anchor)) {
            // No subject key identifier, or basic constraints that are not critical: CA duties that are checked.
            CHECK_MESSAGE((finding.rule == "subject-key-id" || finding.rule == "constraints-critical"),
                          root.subject().text(), ": ", finding.message);
            ++refused;
        }
    }
    CHECK(refused <= 10);
}
