// What whoever sends certificates may make us do: each case ends at a bound, and the verdict says which.
#include <doctest/doctest.h>

#include "base/error.h"
#include "support/make_chain.h"
#include "x509/der.h"
#include "x509/name_constraints.h"
#include "x509/path.h"

using namespace signet;
using x509::Certificate;
using x509::PathRequest;
using x509::PathResult;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");

PathResult judge(const Certificate& leaf, std::vector<Certificate> intermediates, std::vector<Certificate> anchors,
                 bool brief = false) {
    PathRequest asked{
        leaf, std::move(intermediates), std::move(anchors), k_at, x509::Purpose::any, std::nullopt, {}, nullptr, brief};
    return x509::validate_path(asked);
}

/// What the first finding says, when it is of a bound.
std::string limit(const PathResult& result) {
    if (result.findings.empty() || result.findings.front().rule != "limit") return "";
    return result.findings.front().message;
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// Of no entries and an extension that nobody knows.
x509::Crl large_crl(const test::Member& issuer, std::size_t octets) {
    namespace der = x509::der;
    const auto extension = [](const char* oid, const base::Bytes& value) {
        return der::sequence({der::oid(oid), der::octet_string(value)});
    };
    const base::Bytes identifier = der::sequence({der::oid("1.2.840.10045.4.3.2")});
    const base::Bytes list = der::sequence(
        {extension("2.5.29.20", der::integer(1)), extension("1.3.6.1.4.1.99999.1", base::Bytes(octets, 0))});
    const base::Bytes tbs = der::sequence(
        {der::integer(1), identifier, issuer.certificate.subject().der(), der::time(k_at - std::chrono::hours(1)),
         der::time(k_at + std::chrono::hours(1)), der::tlv(der::context_constructed(0), list)});
    const auto signature = crypto::sign(*issuer.key, crypto::default_algorithm(*issuer.key), tbs);
    return x509::Crl::from_der(der::sequence({tbs, identifier, der::bit_string(signature)}));
}

}  // namespace

TEST_CASE("path limits: a chain longer than any real one") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    std::vector<test::Member> members{root};
    std::vector<Certificate> between;
    for (int i = 0; i < 40; ++i) {
        members.push_back(maker.issue(members.back(), maker.ca_template("CA " + std::to_string(i))));
        between.push_back(members.back().certificate);
    }
    const auto leaf_of = [&](std::size_t issuer) {
        return maker.issue(members[issuer], maker.leaf_template({"a.internal"})).certificate;
    };
    CHECK(judge(leaf_of(30), between, {root.certificate}).valid());
    for (const bool brief : {false, true})
        CHECK(contains(limit(judge(leaf_of(40), between, {root.certificate}, brief)), "more than 32 certificates"));
}

TEST_CASE("path limits: CAs that have all certified each other") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    std::vector<test::Member> members;
    std::vector<Certificate> crosses;
    for (int i = 0; i < 16; ++i) members.push_back(maker.self_signed(maker.ca_template("CA " + std::to_string(i))));
    auto content = maker.ca_template("Entry");
    content.name_constraints.permitted = {{x509::Identifier::Type::dns, "other.internal"}};
    members[15].certificate = maker.issue_for(root, content, members[15].certificate.public_key());
    for (const auto& issuer : members) {
        for (int i = 0; i < 15; ++i)
            crosses.push_back(maker.issue_for(issuer, maker.ca_template("CA " + std::to_string(i)),
                                              members[static_cast<std::size_t>(i)].certificate.public_key()));
    }
    crosses.push_back(members[15].certificate);
    const Certificate leaf = maker.issue(members[0], maker.leaf_template({"a.internal"})).certificate;
    for (const bool brief : {false, true})
        CHECK(contains(limit(judge(leaf, crosses, {root.certificate}, brief)), "ways from one to the next"));
}

TEST_CASE("path limits: thousands of certificates to choose from") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    const Certificate leaf = maker.issue(root, maker.leaf_template({"a.internal"})).certificate;
    CHECK(judge(leaf, std::vector<Certificate>(4'999, leaf), {root.certificate}).valid());
    CHECK(contains(limit(judge(leaf, std::vector<Certificate>(5'000, leaf), {root.certificate})), "5001 certificates"));
}

TEST_CASE("path limits: hundreds of CAs of one name and other keys") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    auto content = maker.ca_template("Issuing");
    content.not_before = k_at - std::chrono::days(20);  // looked at last
    const auto issuing = maker.issue(root, content);
    std::vector<Certificate> crowd{issuing.certificate};
    for (int i = 0; i < 300; ++i) crowd.push_back(maker.issue(root, maker.ca_template("Issuing")).certificate);
    const Certificate leaf = maker.issue(issuing, maker.leaf_template({"a.internal"})).certificate;
    CHECK(judge(leaf, crowd, {root.certificate}).valid());
    crowd.erase(crowd.begin());
    CHECK(judge(leaf, crowd, {root.certificate}).findings.front().rule == "signature");
}

TEST_CASE("path limits: products of names and constraints") {
    using Type = x509::Identifier::Type;
    test::ChainMaker maker(k_at);
    const auto product = [&](Type type) {
        auto content = maker.ca_template("Root");
        auto leaf_content = maker.leaf_template({});
        for (int i = 0; i < 200; ++i) {
            content.name_constraints.excluded.push_back({type, "x" + std::to_string(i) + ".internal"});
            const auto name = "a" + std::to_string(i) + ".internal";
            leaf_content.names.push_back(type == Type::dns ? x509::Identifier::dns(name)
                                                           : x509::Identifier::email("ops@" + name));
        }
        const auto root = maker.self_signed(content);
        return std::pair{root.certificate, maker.issue(root, leaf_content).certificate};
    };
    const auto [root, leaf] = product(Type::email);
    CHECK(judge(leaf, {}, {root}).valid());
    x509::ConstraintChecker generous, frugal(39'000);
    CHECK(generous.violation(root, leaf) == "");
    CHECK(!generous.exhausted());
    CHECK(frugal.violation(root, leaf) == "too many names and constraints to compare");
    CHECK(frugal.exhausted());
    CHECK(frugal.violation(root, root) == "too many names and constraints to compare");

    // Of DNS names each is looked up, so that there is no product.
    const auto [dns_root, dns_leaf] = product(Type::dns);
    x509::ConstraintChecker thrifty(12'000);
    CHECK(thrifty.violation(dns_root, dns_leaf) == "");

    // A name of many labels that each base begins with is dear all the same, and counted so.
    std::string labels;
    while (labels.size() < 200) labels += "a.";
    const auto long_root = [&] {
        auto content = maker.ca_template("Root");
        for (int i = 0; i < 200; ++i)
            content.name_constraints.excluded.push_back({Type::dns, labels + "x" + std::to_string(i)});
        return maker.self_signed(content);
    }();
    auto long_content = maker.leaf_template({});
    for (int i = 0; i < 200; ++i) long_content.names.push_back(x509::Identifier::dns(labels + "a" + std::to_string(i)));
    const Certificate long_leaf = maker.issue(long_root, long_content).certificate;
    x509::ConstraintChecker enough, poor(1'000'000);
    CHECK(enough.violation(long_root.certificate, long_leaf) == "");
    CHECK(poor.violation(long_root.certificate, long_leaf) == "too many names and constraints to compare");
}

TEST_CASE("path limits: RSA keys and exponents that cost seconds are never computed with") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    const auto with_key = [&](std::size_t modulus, std::size_t exponent) {
        const auto key = crypto::PublicKey::from_rsa(base::Bytes(modulus, 0xd3), base::Bytes(exponent, 0xd5));
        const test::Member giant{maker.issue_for(root, maker.ca_template("Giant"), key), root.key};
        const Certificate leaf = maker.issue(giant, maker.leaf_template({"a.internal"})).certificate;
        return judge(leaf, {giant.certificate}, {root.certificate}).findings;
    };
    for (const auto& [modulus, exponent] : {std::pair<std::size_t, std::size_t>{2048, 3}, {512, 512}, {256, 256}}) {
        const auto findings = with_key(modulus, exponent);
        const bool weak = std::any_of(findings.begin(), findings.end(),
                                      [](const auto& one) { return one.rule == "weak-key" && one.certificate == 1; });
        CHECK_MESSAGE(weak, modulus, " octets, exponent of ", exponent);
    }
}

TEST_CASE("path limits: large CRLs, given many times") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    const auto issuing = maker.issue(root, maker.ca_template("Issuing"));
    const Certificate leaf = maker.issue(issuing, maker.leaf_template({"a.internal"})).certificate;
    const x509::Crl of_root = large_crl(root, 1), crl = large_crl(issuing, 7 << 20);
    PathRequest asked{
        leaf, {issuing.certificate}, {root.certificate}, k_at, x509::Purpose::any, std::nullopt, {}, nullptr, false};
    asked.revocation.all = true;
    const auto with = [&](std::size_t count) {
        asked.revocation.evidence.crls.assign(count, crl);
        asked.revocation.evidence.crls.push_back(of_root);
        return x509::validate_path(asked);
    };
    for (const std::size_t count : {1U, 40U}) CHECK(with(count).valid());
    // To look for it in so many of them is more than is done.
    CHECK(!limit(with(400)).empty());
}

TEST_CASE("path limits: a subject of megabytes is cut in messages") {
    test::ChainMaker maker(k_at);
    auto content = maker.ca_template("Root");
    for (int i = 0; i < 60; ++i) content.subject.add("O", std::string(64, 'o'));
    content.not_after = k_at - std::chrono::hours(1);
    const auto root = maker.self_signed(content);
    const Certificate leaf = maker.issue(root, maker.leaf_template({"a.internal"})).certificate;
    const auto result = judge(leaf, {}, {root.certificate});
    REQUIRE(!result.valid());
    for (const auto& finding : result.findings) CHECK(finding.message.size() < 1000);
}
