#include "cli/default_settings.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "cli/settings.h"
#include "support/temporary_directory.h"

using namespace signet;

namespace {

cli::Settings read(const std::string& text) {
    const test::TemporaryDirectory directory;
    base::write_file(directory / "signet.toml", text);
    return cli::read_settings(directory / "signet.toml", true);
}

/// With every key that is commented out in force.
std::string uncommented() {
    const std::string text = cli::default_settings();
    std::string result;
    for (const std::string_view line : base::split(text, '\n')) {
        const bool key = line.starts_with('#') && !line.starts_with("# ");
        result += std::string(key ? line.substr(1) : line) + "\n";
    }
    return result;
}

}  // namespace

TEST_CASE("default settings: what ca init writes is read without complaint") {
    const cli::Settings settings = read(cli::default_settings());
    CHECK(settings.default_profile == "default");
    CHECK(settings.profiles.size() == 4);
}

TEST_CASE("default settings: all profiles of a store whose first CA has another name are signed by that one") {
    const cli::Settings settings = read(cli::default_settings("lab"));
    CHECK(settings.profiles.size() == 4);
    for (const auto& [name, profile] : settings.profiles) {
        CAPTURE(name);
        CHECK(profile.ca == "lab");
    }
    CHECK(settings.profiles.at("svid").spiffe);
    CHECK(settings.profiles.at("default").permit_dns == read("").profiles.at("default").permit_dns);
}

TEST_CASE("default settings: a key that is commented out has the value shown") {
    const cli::Settings plain = read(""), shown = read(uncommented());
    const ca::Profile &a = plain.profiles.at("default"), &b = shown.profiles.at("default");
    CHECK(a.ca == b.ca);
    CHECK(a.permit_dns == b.permit_dns);
    CHECK(a.deny_dns == b.deny_dns);
    CHECK(a.permit_ip == b.permit_ip);
    CHECK(a.deny_ip == b.deny_ip);
    CHECK(a.permit_uri == b.permit_uri);
    CHECK(a.permit_email == b.permit_email);
    CHECK(a.wildcards == b.wildcards);
    CHECK(a.max_names == b.max_names);
    CHECK(a.default_validity == b.default_validity);
    CHECK(a.max_validity == b.max_validity);
    CHECK(a.backdate == b.backdate);
    CHECK(a.key_types == b.key_types);
    CHECK((a.server == b.server && a.client == b.client));
    CHECK(a.subject == b.subject);
    CHECK(a.add_uri == b.add_uri);
    CHECK((a.revocation == b.revocation && a.must_staple == b.must_staple));
    CHECK(a.policies == b.policies);
    CHECK(a.acme.challenges == b.acme.challenges);
    CHECK(plain.server.listen == shown.server.listen);
    CHECK(plain.server.http_listen == shown.server.http_listen);
    CHECK(plain.server.nonce_lifetime == shown.server.nonce_lifetime);
    CHECK(plain.server.order_lifetime == shown.server.order_lifetime);
    CHECK(plain.server.http01_port == shown.server.http01_port);
    CHECK(plain.server.concurrency == shown.server.concurrency);
}
