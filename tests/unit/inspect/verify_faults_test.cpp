// Chains with exactly one fault each. What verify says about them is compared as text with
// tests/golden/verify_faults.jsonl; SIGNET_ACCEPT=1 writes that file anew.

#include <cstdlib>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "inspect/verify.h"
#include "support/make_chain.h"

using namespace signet;
using x509::Identifier;
using x509::Template;
using Type = x509::Identifier::Type;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");
constexpr auto k_day = std::chrono::days(1);
constexpr auto k_hour = std::chrono::hours(1);
constexpr char k_golden[] = SIGNET_TESTS_DIR "/golden/verify_faults.jsonl";

/// A good chain of root, issuing CA and leaf, to be spoiled in one place before or after it is made.
struct Case {
    test::ChainMaker maker{k_at};
    Template root = maker.ca_template("Root"), issuing = maker.ca_template("Issuing CA", 0),
             leaf = maker.leaf_template({"worker-1.internal"});
    std::function<void(inspect::VerifyRequest&, const test::Member& root, const test::Member& issuing)> after;

    inspect::VerifyRequest request() {
        const test::Member root_member = maker.self_signed(root);
        const test::Member issuing_member = maker.issue(root_member, issuing);
        const auto leaf_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).public_key();
        inspect::VerifyRequest out;
        out.presented = {maker.issue_for(issuing_member, leaf, leaf.public_key.value_or(leaf_key))};
        out.intermediates = {issuing_member.certificate};
        out.anchors = {root_member.certificate};
        out.identities = {Identifier::parse("worker-1.internal")};
        out.purpose = x509::Purpose::server;
        out.at = k_at;
        if (after) after(out, root_member, issuing_member);
        return out;
    }
};

void replace(base::Bytes& bytes, std::string_view from, std::string_view to) {
    const auto at = base::text_of(bytes).find(from);
    REQUIRE(at != std::string_view::npos);
    REQUIRE(from.size() == to.size());
    std::copy(to.begin(), to.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

using Spoil = void (*)(Case&);
struct Row {
    const char* name;
    Spoil spoil;
};

const Row k_rows[] = {
    {"good", [](Case&) {}},
    {"expired leaf", [](Case& c) { c.leaf.not_after = k_at - k_hour; }},
    {"leaf not yet valid", [](Case& c) { c.leaf.not_before = k_at + k_day; }},
    {"expired issuing CA", [](Case& c) { c.issuing.not_after = k_at - k_hour; }},
    {"issuing CA not yet valid", [](Case& c) { c.issuing.not_before = k_at + k_day; }},
    {"expired root", [](Case& c) { c.root.not_after = k_at - k_hour; }},
    {"damaged signature of the leaf",
     [](Case& c) {
         c.after = [](auto& request, const auto&, const auto&) {
             base::Bytes der = request.presented[0].der();
             der.back() ^= 1;
             request.presented[0] = x509::Certificate::from_der(der);
         };
     }},
    {"issuing CA of the same name under another root's key",
     [](Case& c) {
         c.after = [&c](auto& request, const auto&, const auto&) {
             request.anchors = {c.maker.self_signed(c.root).certificate};
         };
     }},
    {"leaf signed with SHA-224",
     [](Case& c) {
         c.after = [](auto& request, const auto&, const auto&) {
             base::Bytes der = request.presented[0].der();
             for (int twice = 0; twice < 2; ++twice)
                 replace(der, "\x2a\x86\x48\xce\x3d\x04\x03\x02", "\x2a\x86\x48\xce\x3d\x04\x03\x01");
             request.presented[0] = x509::Certificate::from_der(der);
         };
     }},
    {"another root is trusted",
     [](Case& c) {
         c.after = [&c](auto& request, const auto&, const auto&) {
             request.anchors = {c.maker.self_signed(c.maker.ca_template("Other Root")).certificate};
         };
     }},
    {"root sent along, but not trusted",
     [](Case& c) {
         c.after = [](auto& request, const auto& root, const auto&) {
             request.anchors.clear();
             request.intermediates.push_back(root.certificate);
         };
     }},
    {"missing issuing CA",
     [](Case& c) { c.after = [](auto& request, const auto&, const auto&) { request.intermediates.clear(); }; }},
    {"leaf names another issuer",
     [](Case& c) {
         c.after = [&c](auto& request, const auto&, const auto& issuing) {
             x509::IssuerFields fields = issuing.issuer_fields();
             fields.name = c.maker.ca_template("Issuing CB").subject;
             c.leaf.public_key = request.presented[0].public_key();
             request.presented[0] = x509::build_certificate(c.leaf, fields, *issuing.key);
         };
     }},
    {"issuer without CA",
     [](Case& c) {
         c.issuing.ca = false;
         c.issuing.path_length.reset();
         c.issuing.key_usage = 0;
     }},
    {"issuer without keyCertSign", [](Case& c) { c.issuing.key_usage = usage_bit(x509::KeyUsage::crl_sign); }},
    {"path length", [](Case& c) { c.root.path_length = 0; }},
    {"depth", [](Case& c) { c.after = [](auto& request, const auto&, const auto&) { request.max_depth = 0; }; }},
    {"DNS name outside the permitted",
     [](Case& c) {
         c.issuing.name_constraints.permitted = {{Type::dns, "mesh.internal"}};
     }},
    {"DNS name excluded by the root",
     [](Case& c) {
         c.root.name_constraints.excluded = {{Type::dns, "internal"}};
     }},
    {"wildcard that covers an excluded name",
     [](Case& c) {
         c.leaf.names.push_back(Identifier::parse("*.mesh.internal"));
         c.issuing.name_constraints.excluded = {{Type::dns, "secret.mesh.internal"}};
     }},
    {"address outside the permitted",
     [](Case& c) {
         c.leaf.names.push_back(Identifier::parse("192.168.0.7"));
         c.issuing.name_constraints.permitted = {{Type::ip, "10.0.0.0/8"}};
     }},
    {"URI outside the permitted",
     [](Case& c) {
         c.leaf.names.push_back(Identifier::parse("spiffe://other.internal/worker"));
         c.issuing.name_constraints.permitted = {{Type::uri, "mesh.internal"}};
     }},
    {"e-mail address excluded",
     [](Case& c) {
         c.leaf.names.push_back(Identifier::parse("ops@mesh.internal"));
         c.issuing.name_constraints.excluded = {{Type::email, "mesh.internal"}};
     }},
    {"leaf for clients only", [](Case& c) { c.leaf.extended_key_usage = {x509::k_client_auth}; }},
    {"issuing CA for clients only", [](Case& c) { c.issuing.extended_key_usage = {x509::k_client_auth}; }},
    {"leaf that may not sign a handshake",
     [](Case& c) { c.leaf.key_usage = usage_bit(x509::KeyUsage::content_commitment); }},
    {"critical extension in the leaf",
     [](Case& c) {
         c.leaf.extra = {{"1.3.6.1.4.1.99999.7", true, {0x05, 0x00}}};
     }},
    {"critical extension in the issuing CA",
     [](Case& c) {
         c.issuing.extra = {{"1.3.6.1.4.1.99999.7", true, {0x05, 0x00}}};
     }},
    {"RSA key of 1024 bits",
     [](Case& c) {
         base::Bytes modulus(128, 0xc5);
         c.leaf.public_key = crypto::PublicKey::from_rsa(modulus, base::Bytes{1, 0, 1});
     }},
    {"negative serial",
     [](Case& c) {
         c.after = [](auto& request, const auto&, const auto& issuing) {
             request.presented[0] = test::ChainMaker::edited(request.presented[0], *issuing.key, [](base::Bytes& tbs) {
                 replace(tbs, "\x02\x03\x42", "\x02\x03\xc2");
             });
         };
     }},
    {"name with an underscore",
     [](Case& c) {
         c.leaf.names.push_back(Identifier::parse("worker-2.internal"));
         c.after = [](auto& request, const auto&, const auto& issuing) {
             request.presented[0] = test::ChainMaker::edited(
                 request.presented[0], *issuing.key, [](base::Bytes& tbs) { replace(tbs, "worker-2", "worker_2"); });
         };
     }},
    {"leaf without authority key identifier",
     [](Case& c) {
         c.after = [&c](auto& request, const auto&, const auto& issuing) {
             c.leaf.public_key = request.presented[0].public_key();
             request.presented[0] = x509::build_certificate(c.leaf, {issuing.certificate.subject(), {}}, *issuing.key);
         };
     }},
    {"leaf that may sign certificates", [](Case& c) { c.leaf.key_usage |= usage_bit(x509::KeyUsage::key_cert_sign); }},
    {"required policy that the leaf lacks",
     [](Case& c) {
         c.issuing.policies = {"1.3.6.1.4.1.99999.1"};
         c.issuing.extra = {{"2.5.29.36", true, {0x30, 0x03, 0x80, 0x01, 0x00}}};
     }},
    {"another host name",
     [](Case& c) {
         c.after = [](auto& request, const auto&, const auto&) {
             request.identities = {Identifier::parse("worker-9.internal")};
         };
     }},
    {"an address instead of the name",
     [](Case& c) {
         c.after = [](auto& request, const auto&, const auto&) {
             request.identities = {Identifier::parse("10.0.0.7")};
         };
     }},
    {"a host two labels below a wildcard",
     [](Case& c) {
         c.leaf.names = {Identifier::parse("*.mesh.internal")};
         c.after = [](auto& request, const auto&, const auto&) {
             request.identities = {Identifier::parse("a.b.mesh.internal")};
         };
     }},
    {"CN is no name",
     [](Case& c) {
         c.leaf.subject.add("CN", "worker-9.internal");
         c.after = [](auto& request, const auto&, const auto&) {
             request.identities = {Identifier::parse("worker-9.internal")};
         };
     }},
    {"another key",
     [](Case& c) {
         c.after = [](auto& request, const auto& root, const auto&) { request.key = root.key->public_key(); };
     }},
};

}  // namespace

TEST_CASE("verify: chains with one fault each, as text") {
    std::string lines;
    for (const Row& row : k_rows) {
        CAPTURE(std::string(row.name));
        Case spoiled;
        row.spoil(spoiled);
        const inspect::VerifyReport report = inspect::verify(spoiled.request());
        CHECK(report.findings.size() == (std::string_view(row.name) == "good" ? 0u : 1u));
        base::Json line = {{"case", row.name}};
        line.update(inspect::report_json(report));
        for (const char* same : {"reason", "purpose", "at", "checks"}) line.erase(same);
        lines += base::dump_json(line) + "\n";
    }
    if (std::getenv("SIGNET_ACCEPT") != nullptr) base::write_file(k_golden, lines);
    CHECK(lines == base::read_file(k_golden, 1 << 20));
}
