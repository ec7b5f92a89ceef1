#include "ca/profile.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "support.h"

using namespace signet;
using test::profile_from;
using test::profiles_from;

TEST_CASE("profile: the ready-made ones are there without a file") {
    const ca::Profiles profiles = profiles_from("");
    REQUIRE(profiles.size() == 4);
    const ca::Profile& standard = profiles.at("default");
    CHECK(standard.permit_dns == std::vector<std::string>{"**"});
    CHECK(standard.permit_ip == std::vector<std::string>{"0.0.0.0/0", "::/0"});
    CHECK(standard.wildcards);
    CHECK(standard.max_names == 100);
    CHECK(standard.default_validity == std::chrono::hours(24));
    CHECK(standard.max_validity == std::chrono::hours(398 * 24));
    CHECK(standard.backdate == std::chrono::minutes(1));
    CHECK(standard.key_types.size() == 6);
    CHECK((standard.server && standard.client && standard.revocation && !standard.must_staple));
    CHECK((profiles.at("server").server && !profiles.at("server").client));
    CHECK((!profiles.at("client").server && profiles.at("client").client));
    CHECK(profiles.at("svid").spiffe);
}

TEST_CASE("profile: a table changes a ready-made profile key by key") {
    const ca::Profile profile = profile_from("default_validity = \"7d\"\n", "default");
    CHECK(profile.default_validity == std::chrono::hours(7 * 24));
    CHECK(profile.permit_dns == std::vector<std::string>{"**"});
    CHECK(profile.permit_email == std::vector<std::string>{"**"});
}

TEST_CASE("profile: a kind that is not listed is not permitted") {
    const ca::Profile changed = profile_from("permit_dns = [\"**.internal\"]\n", "default");
    CHECK(changed.permit_dns == std::vector<std::string>{"**.internal"});
    CHECK(changed.permit_ip.empty());
    CHECK(changed.permit_uri.empty());
    CHECK(changed.permit_email.empty());
    const ca::Profile own = profile_from("max_names = 3\n");
    CHECK(own.permit_dns.empty());
    CHECK(own.max_names == 3);
}

TEST_CASE("profile: patterns are kept in canonical form") {
    const ca::Profile profile = profile_from(
        "permit_dns = [\"*.Mesh.Internal\"]\npermit_ip = [\"FD00::/8\", \"10.0.0.7\"]\n"
        "permit_uri = [\"SPIFFE://Mesh.internal/*\"]\npermit_email = [\"*@Mesh.internal\"]\n");
    CHECK(profile.permit_dns == std::vector<std::string>{"*.mesh.internal"});
    CHECK(profile.permit_ip == std::vector<std::string>{"fd00::/8", "10.0.0.7/32"});
    CHECK(profile.permit_uri == std::vector<std::string>{"spiffe://mesh.internal/*"});
    CHECK(profile.permit_email == std::vector<std::string>{"*@mesh.internal"});
}

TEST_CASE("profile: a shorter maximum shortens the default that nobody set") {
    CHECK(profile_from("max_validity = \"1h\"\n").default_validity == std::chrono::hours(1));
    CHECK_THROWS_AS(profile_from("max_validity = \"1h\"\ndefault_validity = \"2h\"\n"), base::Error);
}

TEST_CASE("profile: all other keys are read") {
    const ca::Profile profile = profile_from(
        "ca = \"lab\"\nwildcards = false\nkey_types = [\"ed25519\"]\nusage = [\"client\"]\nbackdate = \"5m\"\n"
        "subject = { o = \"Acme\", c = \"DE\", cn = \"none\" }\nadd_uri = [\"spiffe://mesh.internal/{dns}\"]\n"
        "revocation = \"none\"\npolicies = [\"1.3.6.1.4.1.99999.1\"]\n"
        "[profile.t.acme]\nauth = \"trust\"\nchallenges = [\"http-01\"]\n"
        "authorize_command = \"/bin/rule 'a b'\"\n");
    CHECK(profile.acme.authorize_command == "/bin/rule 'a b'");
    CHECK(profile.ca == "lab");
    CHECK_FALSE(profile.wildcards);
    CHECK(profile.key_types == std::vector<crypto::KeyType>{crypto::KeyType::ed25519});
    CHECK((!profile.server && profile.client));
    CHECK(profile.subject.at("o") == "Acme");
    CHECK(profile.subject.at("cn") == "none");
    CHECK(profile.add_uri.size() == 1);
    CHECK_FALSE(profile.revocation);
    CHECK(profile.acme.auth == "trust");
}

TEST_CASE("profile: an error names the line and what was meant") {
    struct {
        const char* body;
        const char* message;
        const char* hint;
    } const rows[] = {
        {"permit_dsn = []\n", "line 2", "permit_dns"},
        {"wildcards = \"yes\"\n", "line 2", ""},
        {"max_names = 0\n", "line 2", ""},
        {"permit_dns = [\"a*.y\"]\n", "a*.y", ""},
        {"permit_ip = [\"10.0.0.1/8\"]\n", "line 2", "10.0.0.0/8"},
        {"key_types = [\"ec-p265\"]\n", "ec-p265", "ec-p256"},
        {"key_types = [\"ec-p521\"]\n", "ec-p521", ""},
        {"key_types = []\n", "line 2", ""},
        {"usage = [\"sever\"]\n", "sever", "server"},
        {"usage = []\n", "line 2", ""},
        {"subject = { x = \"y\" }\n", "line 2", ""},
        {"subject = { c = \"Germany\" }\n", "line 2", ""},
        {"subject = { cn = \"last-dns\" }\n", "last-dns", "first-dns"},
        {"add_uri = [\"spiffe://m/{ip}\"]\n", "{ip}", "{dns}"},
        {"add_uri = [\"no uri\"]\n", "line 2", ""},
        {"revocation = \"ocsp\"\n", "ocsp", "full"},
        {"must_staple = true\nrevocation = \"none\"\n", "line 2", ""},
        {"policies = [\"3.1\"]\n", "3.1", ""},
        {"policies = [\"1.2.3\", \"1.2.3\"]\n", "1.2.3", ""},
        {"default_validity = \"0s\"\n", "line 2", ""},
        {"ca = \"../x\"\n", "line 2", ""},
        {"[profile.t.acme]\nauth = \"tokne\"\n", "tokne", "token"},
        {"[profile.t.acme]\nchallenges = [\"http-10\"]\n", "http-10", "http-01"},
        {"[profile.t.acme]\nrequire_eab = 1\n", "line 3", ""},
        {"[profile.t.acme]\ncaa = \"yes\"\n", "line 3", ""},
        {"[profile.t.acme]\nrequire_eba = true\n", "line 3", ""},
        {"[profile.t.acme]\nauthorize_command = \"/bin/rule 'open\"\n", "line 3", ""},
        {"[profile.t.acme]\nauthorize_command = \" \"\n", "names no program", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.body);
        try {
            profile_from(row.body);
            FAIL_CHECK("accepted");
        } catch (const base::Error& error) {
            const std::string text = error.message() + "\n" + error.hint();
            CAPTURE(text);
            CHECK(error.kind() == base::Kind::bad_input);
            CHECK(text.find(row.message) != std::string::npos);
            CHECK(text.find(row.hint) != std::string::npos);
        }
    }
}

TEST_CASE("profile: the names of the CA's own profiles are taken") {
    CHECK_THROWS_AS(profile_from("max_names = 1\n", "root"), base::Error);
    CHECK_THROWS_AS(profile_from("max_names = 1\n", "issuing"), base::Error);
}

TEST_CASE("profile: an unknown one is refused with the nearest") {
    try {
        ca::find_profile(ca::ready_made_profiles(), "sever");
        FAIL("found");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::refused);
        CHECK(error.hint() == "did you mean 'server'?");
    }
}
