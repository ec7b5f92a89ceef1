#include "x509/name_constraints.h"

#include <doctest/doctest.h>

#include "support/make_chain.h"
#include "x509/der.h"

using namespace signet;
namespace der = x509::der;
using Type = x509::Identifier::Type;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");

struct Row {
    Type type;
    const char* base;
    const char* name;
    bool inside;
};

}  // namespace

TEST_CASE("name_constraints: each kind of name has its own notion of a subtree") {
    const Row rows[] = {
        {Type::dns, "mesh.internal", "mesh.internal", true},
        {Type::dns, "Mesh.Internal", "a.b.mesh.internal", true},
        {Type::dns, "mesh.internal", "*.mesh.internal", true},
        {Type::dns, "mesh.internal", "othermesh.internal", false},
        {Type::dns, "mesh.internal", "internal", false},
        {Type::dns, "", "anything.example", true},
        {Type::ip, "10.0.0.0/8", "10.255.0.1", true},
        {Type::ip, "10.0.0.0/8", "11.0.0.1", false},
        {Type::ip, "10.0.0.7/32", "10.0.0.7", true},
        {Type::ip, "0.0.0.0/0", "192.0.2.1", true},
        {Type::ip, "0.0.0.0/0", "2001:db8::1", false},
        {Type::ip, "2001:db8::/33", "2001:db8:7fff::1", true},
        {Type::ip, "2001:db8::/33", "2001:db8:8000::1", false},
        {Type::uri, "mesh.internal", "spiffe://mesh.internal/a", true},
        {Type::uri, "mesh.internal", "https://user@mesh.internal:8443/a", true},
        {Type::uri, "mesh.internal", "spiffe://a.mesh.internal/a", false},
        {Type::uri, ".mesh.internal", "spiffe://a.b.mesh.internal/a", true},
        {Type::uri, ".mesh.internal", "spiffe://mesh.internal/a", false},
        {Type::email, "mesh.internal", "ops@mesh.internal", true},
        {Type::email, "mesh.internal", "ops@a.mesh.internal", false},
        {Type::email, ".mesh.internal", "ops@a.mesh.internal", true},
        {Type::email, "ops@mesh.internal", "ops@MESH.internal", true},
        {Type::email, "ops@mesh.internal", "Ops@mesh.internal", false},
    };
    test::ChainMaker maker(k_at);
    for (const Row& row : rows) {
        CAPTURE(row.base);
        CAPTURE(row.name);
        for (const bool excluded : {false, true}) {
            CAPTURE(excluded);
            auto content = maker.ca_template("Constrained");
            (excluded ? content.name_constraints.excluded
                      : content.name_constraints.permitted) = {{row.type, row.base}};
            const auto ca = maker.self_signed(content);
            const auto leaf = maker.issue(ca, maker.leaf_template({row.name}));
            CHECK(x509::constraint_violation(ca.certificate, leaf.certificate).empty() == (row.inside != excluded));
        }
    }
}

TEST_CASE("name_constraints: a wildcard that covers an excluded name is refused") {
    test::ChainMaker maker(k_at);
    auto content = maker.ca_template("Constrained");
    content.name_constraints.excluded = {{Type::dns, "secret.mesh.internal"}};
    const auto ca = maker.self_signed(content);
    const auto refused = [&](const char* name) {
        return !x509::constraint_violation(ca.certificate, maker.issue(ca, maker.leaf_template({name})).certificate)
                    .empty();
    };
    CHECK(refused("*.mesh.internal"));
    CHECK(refused("*.secret.mesh.internal"));
    CHECK(refused("a.secret.mesh.internal"));
    CHECK(!refused("*.other.internal"));
    CHECK(!refused("open.mesh.internal"));
}

TEST_CASE("name_constraints: kinds that are not constrained are free, URIs without a host are not") {
    test::ChainMaker maker(k_at);
    auto content = maker.ca_template("Constrained");
    content.name_constraints.permitted = {{Type::uri, "mesh.internal"}};
    const auto ca = maker.self_signed(content);
    const auto why = [&](const char* name) {
        return x509::constraint_violation(ca.certificate, maker.issue(ca, maker.leaf_template({name})).certificate);
    };
    CHECK(why("any.example") == "");
    CHECK(why("urn:a:b") == "uri \"urn:a:b\" cannot be held to the name constraints");
    CHECK(why("https://10.0.0.7/") == "uri \"https://10.0.0.7/\" cannot be held to the name constraints");
    CHECK(why("spiffe://other.internal/a") == "uri \"spiffe://other.internal/a\" is in no permitted subtree");
}

TEST_CASE("name_constraints: bits beyond the mask of a foreign CA's range do not count") {
    test::ChainMaker maker(k_at);
    auto content = maker.ca_template("Foreign");
    const base::Bytes range{10, 9, 8, 7, 255, 0, 0, 0};
    const auto subtree = der::sequence({der::tlv(der::context(7), range)});
    content.extra = {{"2.5.29.30", true, der::sequence({der::tlv(der::context_constructed(0), subtree)})}};
    const auto foreign = maker.self_signed(content);
    REQUIRE(foreign.certificate.name_constraints().has_value());
    const auto& constraints = *foreign.certificate.name_constraints();
    CHECK(constraints.permitted == std::vector<x509::NameConstraints::Subtree>{{Type::ip, "10.0.0.0/8"}});
    const auto leaf = maker.issue(foreign, maker.leaf_template({"10.255.0.1"}));
    CHECK(x509::constraint_violation(foreign.certificate, leaf.certificate).empty());
    // What was read can be written: a cross-certificate keeps the constraints.
    auto again = maker.ca_template("Ours");
    again.name_constraints = constraints;
    CHECK(maker.self_signed(again).certificate.name_constraints()->permitted == constraints.permitted);
}
