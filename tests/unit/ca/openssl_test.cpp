// What we sign, judged by programs that we did not write.

#include <doctest/doctest.h>

#include "base/process.h"
#include "ca/ceremony.h"
#include "ca/issuer.h"
#include "support.h"
#include "support/temporary_store.h"
#include "x509/pem.h"

using namespace signet;
using crypto::KeyType;

namespace {

struct Fixture {
    test::TemporaryStore store;
    base::SystemClock clock;  // openssl and certtool look at the real one
    base::OsRandom random;
    ca::Authorities authorities{store->layout(), clock};
    ca::Issuer issuer{*store, authorities, clock, random};

    base::Path write(const std::string& name, const std::vector<x509::Certificate>& certificates) {
        const base::Path path = store.root() / name;
        base::write_file(path, x509::encode_certificates(certificates));
        return path;
    }
};

base::ProcessResult run(const std::vector<std::string>& arguments) {
    base::ProcessRequest request;
    request.arguments = arguments;
    return base::run_process(request);
}

void check_accepted(Fixture& ca, const std::string& name, bool spiffe = false) {
    const ca::Profiles profiles = ca::ready_made_profiles();
    const ca::Profile& profile = profiles.at(spiffe ? "svid" : "default");
    const auto issued = ca.issuer.issue(test::ask(profile, {name}));
    const base::Path leaf = ca.write("leaf.pem", {issued.certificate});
    const base::Path chain = ca.write("chain.pem", issued.chain.empty() ? issued.anchors : issued.chain);
    const base::Path anchors = ca.write("anchors.pem", issued.anchors);
    for (const char* purpose : {"sslserver", "sslclient"}) {
        const auto verified = run({"openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile",
                                   anchors.string(), "-untrusted", chain.string(), leaf.string()});
        CAPTURE(name);
        CAPTURE(verified.output + verified.errors);
        CHECK(verified.exit_code == 0);
    }
    std::vector<x509::Certificate> whole{issued.certificate};
    whole.insert(whole.end(), issued.chain.begin(), issued.chain.end());
    const base::Path bundle = ca.write("whole.pem", whole);
    const auto verified =
        run({"certtool", "--verify", "--load-ca-certificate", anchors.string(), "--infile", bundle.string()});
    CAPTURE(verified.output + verified.errors);
    CHECK(verified.exit_code == 0);
}

}  // namespace

TEST_CASE("openssl and certtool accept every kind of name") {
    Fixture ca;
    ca::init_authority(*ca.store, {}, ca.clock, ca.random);
    for (const char* name : {"w.test", "*.w.test", "localhost", "10.0.0.1", "fd00::1", "a@mesh.test", "urn:a:b"})
        check_accepted(ca, name);
    check_accepted(ca, "spiffe://mesh.test/w", true);
}

TEST_CASE("openssl and certtool accept every type of CA key") {
    for (const KeyType type : {KeyType::ec_p384, KeyType::ed25519, KeyType::rsa_2048}) {
        Fixture ca;
        ca::InitRequest request;
        request.key_type = request.root_key_type = type;
        ca::init_authority(*ca.store, request, ca.clock, ca.random);
        check_accepted(ca, "w.test");
    }
}

TEST_CASE("openssl and certtool accept leafs of a root alone") {
    Fixture ca;
    ca::InitRequest request;
    request.root_only = true;
    ca::init_authority(*ca.store, request, ca.clock, ca.random);
    check_accepted(ca, "w.test");
}

TEST_CASE("openssl reads the CA certificates as we meant them") {
    Fixture ca;
    ca::init_authority(*ca.store, {}, ca.clock, ca.random);
    const auto text = [&](const base::Path& path) {
        return run({"openssl", "x509", "-in", path.string(), "-noout", "-text", "-nameopt", "RFC2253"}).output;
    };
    const std::string root = text(ca.store->layout().root_certificate("default"));
    const std::string issuing = text(ca.store->layout().issuing_certificate("default"));
    CAPTURE(root + issuing);
    const auto has = [](const std::string& where, const char* what) { return where.find(what) != std::string::npos; };
    CHECK(has(root, "Version: 3 (0x2)"));
    CHECK(has(root, "Subject: CN=default Root CA"));
    CHECK(has(root, "X509v3 Basic Constraints: critical\n                CA:TRUE\n"));
    CHECK(has(root, "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n"));
    CHECK(has(root, "X509v3 Subject Key Identifier"));
    CHECK(has(issuing, "Issuer: CN=default Root CA"));
    CHECK(has(issuing, "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0\n"));
    CHECK(has(issuing, "X509v3 Authority Key Identifier"));
    CHECK_FALSE(has(issuing, "Extended Key Usage"));
}
