#include "inspect/explain.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/make_chain.h"

using namespace signet;

namespace {

const base::Time k_now = base::from_unix(1'800'000'000);

std::string fact(const inspect::Facts& facts, std::string_view label) {
    for (const auto& [name, value] : facts)
        if (name == label) return value;
    return "(no such fact)";
}

}  // namespace

TEST_CASE("explain: a leaf, complete") {
    test::ChainMaker maker(k_now);
    const auto root = maker.self_signed(maker.ca_template("Test Root", 1));
    auto content = maker.leaf_template({"a.internal", "10.0.0.7", "spiffe://mesh/a"});
    content.crl_urls = {"http://ca/crl"};
    content.ocsp_urls = {"http://ca/ocsp"};
    content.issuer_urls = {"http://ca/der"};
    content.policies = {"1.2.3.4"};
    content.must_staple = true;
    content.extra = {{"1.2.3.99", true, {0x05, 0x00}}};
    const auto leaf = maker.issue(root, content).certificate;

    const auto facts = inspect::explain(leaf, k_now);
    CHECK(fact(facts, "names").starts_with("a.internal, 10.0.0.7, spiffe://mesh/a"));
    CHECK(fact(facts, "issuer") == "CN=Test Root");
    CHECK(fact(facts, "valid").ends_with(": 30 days left"));
    CHECK(fact(facts, "key") == "ec-p256");
    CHECK(fact(facts, "key usage") == "digitalSignature (critical)");
    CHECK(fact(facts, "purposes") == "serverAuth, clientAuth");
    CHECK(fact(facts, "policies") == "1.2.3.4");
    CHECK(fact(facts, "CRL") == "http://ca/crl");
    CHECK(fact(facts, "OCSP") == "http://ca/ocsp");
    CHECK(fact(facts, "issuer at") == "http://ca/der");
    CHECK(fact(facts, "further") == "must staple OCSP, unknown 1.2.3.99 (critical, 2 bytes)");
    CHECK(fact(facts, "SHA-256") == leaf.fingerprint_sha256());

    const auto json = inspect::explain_json(leaf, k_now);
    CHECK(json["type"] == "certificate");
    CHECK(json["days_left"] == 30);
    CHECK(json["extended_key_usage"] == base::Json{"serverAuth", "clientAuth"});
    CHECK(json["basic_constraints"].is_null() == !leaf.basic_constraints().has_value());
    CHECK(json["extensions"].back()["oid"] == "1.2.3.99");
    CHECK(json["extensions"].back()["value_hex"] == "0500");
    CHECK(json["extensions"].back()["name"].is_null());
}

TEST_CASE("explain: a CA with constraints, past its end and before its beginning") {
    test::ChainMaker maker(k_now);
    auto content = maker.ca_template("Test Root", 0);
    content.name_constraints.permitted = {{x509::Identifier::Type::dns, "internal"},
                                          {x509::Identifier::Type::ip, "10.0.0.0/8"}};
    content.name_constraints.excluded = {{x509::Identifier::Type::dns, "secret.internal"}};
    const auto root = maker.self_signed(content).certificate;
    const auto facts = inspect::explain(root, k_now + std::chrono::days(60));
    CHECK(fact(facts, "issuer") == "itself");
    CHECK(fact(facts, "constraints") == "CA, 0 CAs below it at most (critical)");
    CHECK(fact(facts, "permitted names") == "dns:internal, ip:10.0.0.0/8 (critical)");
    CHECK(fact(facts, "excluded names") == "dns:secret.internal (critical)");
    CHECK(fact(facts, "valid").find("EXPIRED") != std::string::npos);
    CHECK(inspect::explain_json(root, k_now + std::chrono::days(60))["days_left"] == -30);
    CHECK(fact(inspect::explain(root, k_now - std::chrono::days(2)), "valid").ends_with("not valid yet"));
    const auto json = inspect::explain_json(root, k_now);
    CHECK(json["basic_constraints"] == base::Json{{"ca", true}, {"path_length", 0}});
    CHECK(json["name_constraints"]["permitted"] == base::Json{"dns:internal", "ip:10.0.0.0/8"});
}
