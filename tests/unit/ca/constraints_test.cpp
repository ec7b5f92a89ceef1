// No leaf ever violates the name constraints of its chain: every kind of name, permitted and excluded, through every
// door; and openssl agrees about each chain, what we refuse included.

#include <doctest/doctest.h>

#include "base/process.h"
#include "ca/permitted_names.h"
#include "proofs.h"
#include "support/temporary_directory.h"
#include "x509/build.h"
#include "x509/pem.h"

using namespace signet;
using test::k_now;
using Type = x509::Identifier::Type;
using Subtree = x509::NameConstraints::Subtree;

namespace {

struct Row {
    std::vector<Subtree> permitted, excluded;
    std::string name;
    bool fits;
    bool openssl_agrees = true;  // false: we are stricter than openssl, never laxer
};

const std::vector<Row> k_rows = {
    {{{Type::dns, "mesh.internal"}}, {}, "w.mesh.internal", true},
    {{{Type::dns, "mesh.internal"}}, {}, "mesh.internal", true},
    {{{Type::dns, "mesh.internal"}}, {}, "a.b.mesh.internal", true},
    {{{Type::dns, "mesh.internal"}}, {}, "*.mesh.internal", true},
    {{{Type::dns, "mesh.internal"}}, {}, "evilmesh.internal", false},
    {{{Type::dns, "mesh.internal"}}, {}, "internal", false},
    {{{Type::dns, "mesh.internal"}}, {}, "mesh.internal.example", false},
    {{{Type::dns, "mesh.internal"}, {Type::dns, "lab.internal"}}, {}, "w.lab.internal", true},
    {{}, {{Type::dns, "mesh.internal"}}, "w.mesh.internal", false},
    {{}, {{Type::dns, "mesh.internal"}}, "*.mesh.internal", false},
    {{}, {{Type::dns, "w.mesh.internal"}}, "*.mesh.internal", false, false},
    {{}, {{Type::dns, "mesh.internal"}}, "w.lab.internal", true},
    {{{Type::dns, "internal"}}, {{Type::dns, "db.internal"}}, "x.db.internal", false},
    {{{Type::dns, "internal"}}, {{Type::dns, "db.internal"}}, "x.web.internal", true},
    {{}, {{Type::dns, ""}}, "w.internal", false},
    {{{Type::ip, "10.0.0.0/8"}}, {}, "10.1.2.3", true},
    {{{Type::ip, "10.0.0.0/8"}}, {}, "11.1.2.3", false},
    {{{Type::ip, "10.0.0.0/8"}}, {}, "fd00::1", false},
    {{{Type::ip, "10.0.0.0/8"}}, {}, "w.internal", true},
    {{{Type::ip, "fd00::/8"}}, {}, "fd12::1", true},
    {{{Type::ip, "fd00::/8"}}, {}, "10.0.0.1", false},
    {{}, {{Type::ip, "10.0.0.0/8"}}, "10.0.0.1", false},
    {{}, {{Type::ip, "10.0.0.0/8"}}, "192.168.0.1", true},
    {{}, {{Type::ip, "0.0.0.0/0"}, {Type::ip, "::/0"}}, "fd00::1", false},
    {{{Type::uri, "mesh.internal"}}, {}, "spiffe://mesh.internal/w", true},
    {{{Type::uri, "mesh.internal"}}, {}, "spiffe://a.mesh.internal/w", false},
    {{{Type::uri, ".mesh.internal"}}, {}, "spiffe://a.mesh.internal/w", true},
    {{{Type::uri, ".mesh.internal"}}, {}, "spiffe://mesh.internal/w", false},
    {{{Type::uri, "mesh.internal"}}, {}, "urn:mesh:w", false},
    {{{Type::uri, "mesh.internal"}}, {}, "w.lab.internal", true},
    {{}, {{Type::uri, "mesh.internal"}}, "spiffe://mesh.internal/w", false},
    {{}, {{Type::uri, "mesh.internal"}}, "spiffe://lab.internal/w", true},
    {{{Type::email, "mesh.internal"}}, {}, "ops@mesh.internal", true},
    {{{Type::email, "mesh.internal"}}, {}, "ops@a.mesh.internal", false},
    {{{Type::email, ".mesh.internal"}}, {}, "ops@a.mesh.internal", true},
    {{{Type::email, "ops@mesh.internal"}}, {}, "ops@mesh.internal", true},
    {{{Type::email, "ops@mesh.internal"}}, {}, "dev@mesh.internal", false},
    {{}, {{Type::email, "mesh.internal"}}, "ops@mesh.internal", false},
    {{}, {{Type::email, "mesh.internal"}}, "ops@lab.internal", true},
};

/// The same keys under other constraints.
struct Chain {
    const ca::NewAuthority& keys = test::sample_authority();
    x509::Certificate issuing;

    explicit Chain(const Row& row) : issuing(make(row)) {}
    x509::Certificate make(const Row& row) {
        x509::Template content;
        content.serial = {1, 2, 3};
        content.subject = keys.issuing->subject();
        content.public_key = keys.issuing->public_key();
        content.not_before = keys.issuing->not_before();
        content.not_after = keys.issuing->not_after();
        content.ca = true;
        content.path_length = 0;
        content.key_usage = x509::usage_bit(x509::KeyUsage::key_cert_sign);
        content.name_constraints = {row.permitted, row.excluded};
        return x509::build_certificate(content, {keys.root.subject(), x509::key_identifier(keys.root.public_key())},
                                       keys.root_key);
    }
    ca::IssuerFacts facts() const { return {issuing, {issuing, keys.root}, "", "default"}; }
    x509::Certificate sign(x509::Template content) const {
        content.serial = {4, 5, 6};
        return x509::build_certificate(content, {issuing.subject(), x509::key_identifier(issuing.public_key())},
                                       *keys.issuing_key);
    }
    /// What the rules of the CA would never make, to hear what openssl says of it.
    x509::Certificate sign_anyway(const std::string& name) const {
        x509::Template content;
        content.subject.add("CN", "w");
        content.names = test::names_of({name});
        content.public_key = test::sample_key();
        content.not_before = k_now;
        content.not_after = k_now + std::chrono::hours(1);
        content.key_usage = x509::usage_bit(x509::KeyUsage::digital_signature);
        return sign(content);
    }
};

bool openssl_takes(const Chain& chain, const x509::Certificate& leaf) {
    const test::TemporaryDirectory directory;
    const auto write = [&](const char* name, const x509::Certificate& certificate) {
        base::write_file(directory / name, x509::encode_certificates({certificate}));
        return (directory / name).string();
    };
    const auto result =
        base::run_process({.arguments = {"openssl", "verify", "-attime", std::to_string(base::to_unix(k_now) + 60),
                                         "-CAfile", write("root.pem", chain.keys.root), "-untrusted",
                                         write("issuing.pem", chain.issuing), write("leaf.pem", leaf)}});
    return result.exit_code == 0;
}

/// The same name through the doors that lead to a signature.
std::vector<ca::IssuanceRequest> doors(const ca::Profile& profile, const std::string& name) {
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    const auto csr = x509::CertificateRequest::from_der(x509::build_csr(key, test::names_of({name})));
    ca::IssuanceRequest from_csr = test::ask(profile, {name});
    from_csr.names = csr.names;
    from_csr.public_key = csr.public_key;
    ca::NameLimits token{"its token", {"**"}, {"0.0.0.0/0", "::/0"}, {"**"}};
    std::vector<ca::IssuanceRequest> requests{test::ask(profile, {name}), std::move(from_csr)};
    if (name.find('@') != std::string::npos) return requests;  // accounts cannot ask for these
    const auto proofs = test::proofs_for({name});
    requests.push_back(test::ask(profile, {name}, ca::Account{"acct1", "192.0.2.1", proofs}));
    requests.push_back(test::ask(profile, {name}, ca::Account{"acct1", "192.0.2.1", proofs, token}));
    return requests;
}

}  // namespace

TEST_CASE("constraints: each kind of name, permitted and excluded, through each door, and openssl agrees") {
    const ca::Profile profile = ca::ready_made_profiles().at("default");
    for (const Row& row : k_rows) {
        CAPTURE(ca::describe({row.permitted, row.excluded}));
        CAPTURE(row.name);
        const Chain chain(row);
        for (const auto& request : doors(profile, row.name)) {
            const auto decision = ca::decide(request, chain.facts(), k_now);
            CHECK(decision.ok() == row.fits);
            if (!decision.ok()) {
                REQUIRE(decision.refusals.size() == 1);
                CHECK(decision.refusals[0].message.find("name constraints") != std::string::npos);
                CHECK_FALSE(decision.refusals[0].remedy.empty());
            } else if (std::holds_alternative<ca::Operator>(request.requester)) {
                CHECK(openssl_takes(chain, chain.sign(decision.approved->content())));
            }
        }
        CHECK(openssl_takes(chain, chain.sign_anyway(row.name)) == (row.fits || !row.openssl_agrees));
    }
}

TEST_CASE("constraints: what the profile adds of its own is held to them, too") {
    const ca::Profile profile =
        test::profile_from("permit_dns = [\"**\"]\nadd_uri = [\"spiffe://lab.internal/{dns}\"]\n");
    const Chain chain({{{Type::uri, "mesh.internal"}}, {}, "", false});
    const auto decision = ca::decide(test::ask(profile, {"w.mesh.internal"}), chain.facts(), k_now);
    REQUIRE(decision.refusals.size() == 1);
    CHECK(decision.refusals[0].identifier == "spiffe://lab.internal/w.mesh.internal");
}

TEST_CASE("constraints: the words of the command line, and what they leave out") {
    const auto text = [](std::vector<std::string> dns, std::vector<std::string> ip, std::vector<std::string> uri) {
        return ca::describe(ca::name_constraints_from({std::move(dns), std::move(ip), std::move(uri)}));
    };
    CHECK(text({}, {}, {}).empty());
    CHECK(text({"Corp.Internal"}, {}, {}) == "DNS corp.internal, not IP 0.0.0.0/0, not IP ::/0");
    CHECK(text({}, {"10.0.0.0/8"}, {}) == "IP 10.0.0.0/8, not DNS any");
    CHECK(text({"a.internal"}, {"10.0.0.0/8"}, {}) == "DNS a.internal, IP 10.0.0.0/8");
    CHECK(text({}, {}, {"mesh.internal", ".mesh.internal"}) == "URI mesh.internal, URI .mesh.internal");
    CHECK(text({}, {}, {"spiffe://mesh.internal"}) == "URI mesh.internal");
    for (const char* bad : {"*.corp.internal", ".corp.internal", "corp_x.internal", "", "corp.internal/x"})
        CHECK_THROWS_AS(text({bad}, {}, {}), base::Error);
    for (const char* bad : {"10.0.0.1/8", "10.0.0.0/33", "x"}) CHECK_THROWS_AS(text({}, {bad}, {}), base::Error);
    for (const char* bad : {"spiffe://mesh.internal/path", "spiffe://", "*.mesh.internal"})
        CHECK_THROWS_AS(text({}, {}, {bad}), base::Error);
}
