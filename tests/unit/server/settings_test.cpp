#include "server/settings.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace signet;

namespace {
server::Settings read(const std::string& text) {
    base::TomlTable table(base::TomlFile::parse(text, "signet.toml"));
    return server::read_settings(table);
}
}  // namespace

TEST_CASE("settings: an empty file means the defaults") {
    const auto settings = read("");
    CHECK(settings.listen == "0.0.0.0:8443");
    CHECK(settings.http_listen == "0.0.0.0:8080");
    CHECK(settings.default_profile.empty());
    CHECK(settings.nonce_lifetime == std::chrono::hours(1));
    CHECK(settings.order_lifetime == std::chrono::hours(24));
    CHECK(settings.authorization_lifetime == std::chrono::hours(24));
    CHECK(settings.http01_port == 80);
    CHECK(settings.tls_alpn01_port == 443);
    CHECK(settings.concurrency == 64);
}

TEST_CASE("settings: everything is read") {
    const auto settings = read(R"(
default_profile = "svid"
[server]
listen = "[::1]:0"
http_listen = ""
hostnames = ["CA.internal", "10.0.0.7"]
external_url = "https://acme.example:444"
insecure_http_acme = true
public_http_url = "http://ca.internal:8080"
terms_of_service = "https://ca.internal/terms"
website = "https://ca.internal"
caa_identities = ["CA.internal"]
nonce_lifetime = "5m"
order_lifetime = "7d"
authorization_lifetime = "1h"
[validation]
resolver = "127.0.0.1:5353"
http01_port = 5002
allow_targets = ["127.0.0.0/8"]
deny_targets = ["10.0.0.0/8", "fd00::/8"]
concurrency = 8
)");
    CHECK(settings.caa_identities == std::vector<std::string>{"ca.internal"});
    CHECK(settings.default_profile == "svid");
    CHECK(settings.hostnames == std::vector<std::string>{"ca.internal", "10.0.0.7"});
    CHECK(settings.insecure_http_acme);
    CHECK(settings.nonce_lifetime == std::chrono::minutes(5));
    CHECK(settings.resolver == "127.0.0.1:5353");
    CHECK(settings.deny_targets.size() == 2);
    CHECK(settings.concurrency == 8);
}

TEST_CASE("settings: what cannot be used is refused with its line") {
    struct Row {
        const char* text;
        const char* says;
    };
    const Row rows[] = {
        {"[server]\nlisten = \"nowhere\"", "line 2"},
        {"[server]\nhostnames = [\"a..b\"]", "line 2"},
        {"[server]\nexternal_url = \"http://ca.internal\"", "line 2"},
        {"[server]\nexternal_url = \"https://ca.internal/acme\"", "line 2"},
        {"[server]\npublic_http_url = \"https://ca.internal\"", "line 2"},
        {"[server]\nnonce_lifetime = \"soon\"", "line 2"},
        {"[server]\ncaa_identities = [\"a..b\"]", "line 2"},
        {"[server]\ncaa_identities = [\"*.ca.internal\"]", "line 2"},
        {"[server]\nhostname = \"x\"", "hostname"},
        {"[server]\ntrusted_proxies = [\"10.0.0.0/33\"]", "line 2"},
        {"[validation]\nhttp01_port = 0", "line 2"},
        {"[validation]\nallow_targets = [\"300.0.0.0/8\"]", "line 2"},
        {"[validation]\ntls_alpn01_port = 70000", "line 2"},
        {"[validation]\nresolver = \"dns\"", "line 2"},
        {"[validation]\nresolver = \"dns.internal:53\"", "line 2"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        try {
            read(row.text);
            FAIL("accepted");
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::bad_input);
            const auto text = error.message() + " " + error.where();
            CAPTURE(text);
            CHECK(text.find(row.says) != std::string::npos);
        }
    }
}

TEST_CASE("settings: a refusal names its key once") {
    const auto refusal = [](const char* text) -> std::string {
        try {
            read(text);
        } catch (const base::Error& error) {
            return error.message();
        }
        return "accepted";
    };
    CHECK(refusal("[server]\nexternal_url = \"http://ca.internal\"") ==
          "signet.toml line 2: server.external_url must start with https://");
    CHECK(refusal("[server]\nexternal_url = \"https://ca.internal/acme\"") ==
          "signet.toml line 2: server.external_url cannot have a path");
    CHECK(refusal("[server]\nlisten = \"nowhere\"") ==
          "signet.toml line 2: server.listen cannot be used: nowhere is not HOST:PORT");
}
