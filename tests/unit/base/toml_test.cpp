#include "base/toml.h"

#include <doctest/doctest.h>
#include <functional>

#include "base/error.h"

using namespace signet::base;

namespace {

constexpr std::string_view k_text = R"(default_profile = "web"

[server]
listen = "0.0.0.0:8443"
hostnames = ["ca.internal", "ca"]
insecure = true
port = 8080
lifetime = "90m"

[profile.web]
permit_dsn = ["**"]
[profile.db]
ca = "default"
)";

struct Refusal {
    std::string message;
    std::string hint;
};

Refusal refusal(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::bad_input);
        return {error.message(), error.hint()};
    }
    return {"accepted", ""};
}

}  // namespace

TEST_CASE("toml: values of every type, and fallbacks for what is absent") {
    TomlTable root(TomlFile::parse(k_text, "signet.toml"));
    CHECK(root.text("default_profile", "") == "web");
    TomlTable server = root.table("server");
    CHECK(server.has("listen"));
    CHECK(server.text("listen", "") == "0.0.0.0:8443");
    CHECK(server.texts("hostnames", {}) == std::vector<std::string>{"ca.internal", "ca"});
    CHECK(server.boolean("insecure", false));
    CHECK(server.integer("port", 1, 1, 65535) == 8080);
    CHECK(server.duration("lifetime", "1h") == std::chrono::minutes(90));
    CHECK(server.duration("absent", "1h") == std::chrono::hours(1));
    CHECK(server.texts("absent", {"x"}) == std::vector<std::string>{"x"});
    CHECK_FALSE(server.text_if_there("absent"));
    server.finish();
    auto profiles = root.tables("profile");
    CHECK(profiles.size() == 2);
    CHECK(profiles.at("db").text("ca", "") == "default");
    profiles.at("db").finish();
    root.table("nothing").finish();
    root.finish();
}

TEST_CASE("toml: the document outlives the file that it was read from") {
    auto web = TomlTable(TomlFile::parse(k_text, "signet.toml")).tables("profile").at("web");
    CHECK(web.texts("permit_dsn", {}) == std::vector<std::string>{"**"});
}

TEST_CASE("toml: an unknown key is named with its line and the nearest known one") {
    TomlTable root(TomlFile::parse(k_text, "signet.toml"));
    TomlTable web = root.tables("profile").at("web");
    web.texts("permit_dns", {});
    web.text("ca", "");
    const Refusal near = refusal([&] { web.finish(); });
    CHECK(near.message == "signet.toml line 11: unknown key \"permit_dsn\" in [profile.web]");
    CHECK(near.hint == "did you mean permit_dns?");
    const Refusal far = refusal([&] { root.finish(); });
    CHECK(far.message == "signet.toml line 1: unknown key \"default_profile\"");
    CHECK(far.hint == "the keys here are profile");
}

TEST_CASE("toml: a wrong type names line, key and what is wanted") {
    TomlTable server = TomlTable(TomlFile::parse(k_text, "signet.toml")).table("server");
    CHECK(refusal([&] { server.text("port", ""); }).message ==
          "signet.toml line 7: server.port must be a text in quotes");
    CHECK(refusal([&] { server.texts("listen", {}); }).message ==
          "signet.toml line 4: server.listen must be a list of texts");
    CHECK(refusal([&] { server.boolean("listen", true); }).message.find("true or false") != std::string::npos);
    CHECK(refusal([&] { server.integer("port", 1, 1, 1000); }).message ==
          "signet.toml line 7: server.port must be a whole number from 1 to 1000");
    CHECK(refusal([&] { server.integer("insecure", 1, 1, 10); }).message.find("line 6") != std::string::npos);
    CHECK(refusal([&] { server.duration("listen", "1h"); }).message ==
          "signet.toml line 4: server.listen must be a duration, not \"0.0.0.0:8443\"");
    CHECK(refusal([&] { server.table("port"); }).message == "signet.toml line 7: server.port must be a table");
}

TEST_CASE("toml: what is no TOML says where") {
    CHECK(refusal([] {
              TomlFile::parse("a = 1\nb = = 2\n", "signet.toml");
          }).message.starts_with("signet.toml line 2, column "));
    CHECK(refusal([] { TomlFile::parse("a = 1\na = 2\n", "signet.toml"); }).message.starts_with("signet.toml line 2"));
    CHECK(refusal([] { TomlFile::parse("a = \"\xff\"", "signet.toml"); }).message.starts_with("signet.toml line 1"));
    CHECK(refusal([] { TomlFile::parse(std::string(100000, '['), "f"); }).message.starts_with("f line 1"));
    TomlTable(TomlFile::empty("signet.toml")).finish();
}
