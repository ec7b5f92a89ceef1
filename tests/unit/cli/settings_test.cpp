#include "cli/settings.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>

#include "base/error.h"
#include "cli/settings_reference.h"

using namespace signet;

namespace {

// A directory that goes with the test.
struct Place {
    base::Path path;
    Place() {
        std::string name = (std::filesystem::temp_directory_path() / "signet-settings-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Place() { std::filesystem::remove_all(path); }
    base::Path file(std::string_view text) const {
        base::write_file(path / "signet.toml", text);
        return path / "signet.toml";
    }
};

std::string complaint(const Place& place, std::string_view text) {
    try {
        cli::read_settings(place.file(text), true);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::bad_input);
        return error.message() + " " + error.where() + " " + error.hint();
    }
    return "accepted";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("settings: no file gives the built-in profiles") {
    const Place place;
    const auto settings = cli::read_settings(place.path / "signet.toml", false);
    for (const char* name : {"default", "server", "client", "svid"}) CHECK(settings.profiles.contains(name));
    CHECK_FALSE(settings.default_profile);
}

TEST_CASE("settings: a file that --config names must be there") {
    const Place place;
    CHECK_THROWS_AS(cli::read_settings(place.path / "signet.toml", true), base::Error);
}

TEST_CASE("settings: every documented key is read, with its documented default") {
    const Place place;
    std::string text;
    for (const auto& section : cli::settings_reference()) {
        std::string name(section.name);
        if (const auto at = name.find("NAME"); at != std::string::npos) name.replace(at, 4, "default");
        if (!name.empty()) text += "[" + name + "]\n";
        for (const auto& setting : section.settings)
            text += std::string(setting.key) + " = " + std::string(setting.default_text) + "\n";
    }
    CAPTURE(text);
    CHECK(complaint(place, text) == "accepted");
}

TEST_CASE("settings: errors name the line and the nearest key") {
    const Place place;
    const auto unknown = complaint(place, "[profile.default]\npermit_dsn = [\"**\"]\n");
    CHECK(contains(unknown, "line 2"));
    CHECK(contains(unknown, "permit_dns"));
    CHECK(contains(complaint(place, "[servre]\nlisten = \"x\"\n"), "server"));
    CHECK(contains(complaint(place, "default_profile = \"nosuch\"\n"), "nosuch"));
    CHECK(contains(complaint(place, "[profile.default\n"), "line 1"));
}
