#include "client/renewal_record.h"

#include <sys/stat.h>

#include <doctest/doctest.h>
#include <fstream>

#include "base/error.h"
#include "support/make_chain.h"
#include "support/temporary_directory.h"

using namespace signet;
using namespace std::chrono_literals;

namespace {

client::RenewalRecord full_record() {
    test::ChainMaker maker(base::from_unix(1'800'000'000));
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    client::RenewalRecord record;
    record.server = "https://ca.internal:8443/acme/directory";
    record.server_roots = {maker.self_signed(maker.ca_template("Server Root")).certificate};
    record.issued_anchors = {maker.self_signed(maker.ca_template("A")).certificate,
                             maker.self_signed(maker.ca_template("B")).certificate};
    record.names = {x509::Identifier::parse("db.internal"), x509::Identifier::parse("10.0.0.7")};
    record.challenge = "http-01";
    record.webroot = "/var/www/a \"quoted\" place";
    record.http01_port = 5002;
    record.tls_alpn01_port = 8443;
    record.dns_hook = "/usr/lib/signet/dns 'two words'";
    record.preferred_chain = "Some \"Root\" CA";
    record.profile = "server";
    record.key_type = crypto::KeyType::ec_p384;
    record.validity = 36h;
    record.csr = x509::CertificateRequest::from_der(x509::build_csr(key, record.names));
    record.reuse_key = true;
    record.formats = {"pem", "combined", "p12", "k8s"};
    record.format_options = {"/etc/keystore password", true, "web", "prod"};
    record.access = {1000, 1001, 0640};
    record.hooks.exec = "/usr/bin/touch 'a b' \\x";
    record.insecure_http = true;
    record.agree_tos = true;
    record.email = "ops@example.net";
    return record;
}

std::uint32_t mode_of(const base::Path& path) { return base::file_facts(path)->mode; }

}  // namespace

TEST_CASE("renewal record: what is saved is loaded as it was") {
    const test::TemporaryDirectory directory;
    const auto saved = full_record();
    client::save_renewal_record(directory.path(), saved);
    const auto loaded = client::load_renewal_record(directory.path());
    REQUIRE(loaded);
    CHECK(loaded->server == saved.server);
    CHECK(loaded->server_roots == saved.server_roots);
    CHECK(loaded->issued_anchors == saved.issued_anchors);
    CHECK(loaded->names == saved.names);
    CHECK(loaded->challenge == saved.challenge);
    CHECK(loaded->webroot == saved.webroot);
    CHECK(loaded->http01_port == saved.http01_port);
    CHECK(loaded->tls_alpn01_port == saved.tls_alpn01_port);
    CHECK(loaded->dns_hook == saved.dns_hook);
    CHECK(loaded->preferred_chain == saved.preferred_chain);
    CHECK(loaded->profile == saved.profile);
    CHECK(loaded->key_type == saved.key_type);
    CHECK(loaded->validity == saved.validity);
    REQUIRE(loaded->csr);
    CHECK(loaded->csr->der == saved.csr->der);
    CHECK(loaded->reuse_key);
    CHECK(loaded->formats == saved.formats);
    CHECK(loaded->format_options == saved.format_options);
    CHECK(loaded->access.owner == saved.access.owner);
    CHECK(loaded->access.group == saved.access.group);
    CHECK(loaded->access.key_mode == saved.access.key_mode);
    CHECK(loaded->hooks.exec == saved.hooks.exec);
    CHECK(loaded->insecure_http);
    CHECK(loaded->agree_tos);
    CHECK(loaded->email == saved.email);
    CHECK(mode_of(directory / ".signet") == 0700);
    CHECK(mode_of(directory / ".signet/renewal.toml") == 0600);
}

TEST_CASE("renewal record: a later one does not keep the former one's anchors") {
    const test::TemporaryDirectory directory;
    client::save_renewal_record(directory.path(), full_record());
    client::RenewalRecord plain;
    plain.server = "https://other.internal/directory";
    plain.names = {x509::Identifier::parse("db.internal")};
    client::save_renewal_record(directory.path(), plain);
    const auto loaded = client::load_renewal_record(directory.path());
    REQUIRE(loaded);
    CHECK(loaded->server_roots.empty());
    CHECK(loaded->issued_anchors.empty());
    CHECK_FALSE(loaded->csr);
    CHECK(loaded->hooks.empty());
    CHECK(loaded->http01_port == 80);
    client::remove_renewal_record(directory.path());
    CHECK_FALSE(client::load_renewal_record(directory.path()));
}

TEST_CASE("renewal record: none, a damaged one, one that others can read") {
    const test::TemporaryDirectory directory;
    CHECK_FALSE(client::load_renewal_record(directory.path()));
    const auto write = [&](const std::string& text) {
        base::write_file(directory / ".signet/renewal.toml", text, {.mode = 0600});
    };
    client::save_renewal_record(directory.path(), full_record());
    for (const char* text : {"server = ", "names = [\"a.internal\"]\n", "server = \"https://x/\"\n",
                             "server = \"https://x/\"\nnames = [\"not a name\"]\n",
                             "server = \"https://x/\"\nnames = [\"a.internal\"]\nserwer = 1\n",
                             "server = \"https://x/\"\nnames = [\"a.internal\"]\nkey_type = \"dsa\"\n"}) {
        CAPTURE(text);
        write(text);
        try {
            client::load_renewal_record(directory.path());
            FAIL("accepted");
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::bad_input);
        }
    }
    write("server = \"https://x/\"\nnames = [\"a.internal\"]\n");
    ::chmod((directory / ".signet/renewal.toml").c_str(), 0644);
    try {
        client::load_renewal_record(directory.path());
        FAIL("accepted");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::permission);
    }
}

TEST_CASE("account key: made once, private, and for one server only") {
    const test::TemporaryDirectory directory;
    const auto spki = [&](const std::string& server) {
        return client::load_account_key(directory.path(), server).public_key().spki_der();
    };
    const auto first = spki("https://a.internal/directory");
    CHECK(mode_of(directory / ".signet/account.key") == 0600);
    CHECK(spki("https://a.internal/acme/profile/x/directory") == first);
    const auto other = spki("https://b.internal/directory");
    CHECK(other != first);
    CHECK(spki("https://b.internal/directory") == other);
    // The other one has proved good for nothing yet: the first is still there.
    CHECK(spki("https://a.internal/directory") == first);
    client::keep_account_key(directory.path(), "https://b.internal/directory");
    CHECK(spki("https://b.internal/directory") == other);
    CHECK(spki("https://a.internal/directory") != first);
    ::chmod((directory / ".signet/account.key").c_str(), 0640);
    CHECK_THROWS_AS(spki("https://b.internal/directory"), base::Error);
}
