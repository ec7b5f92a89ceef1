// signet.toml: the reader of TOML, and what each section makes of it.
#include "ca/profile.h"
#include "fuzz/fuzz.h"
#include "server/settings.h"

namespace signet::fuzz {
namespace {

ca::Profiles read(std::string_view text) {
    base::TomlTable table(base::TomlFile::parse(text, "signet.toml"));
    auto profiles = ca::read_profiles(table);
    server::read_settings(table);
    table.finish();
    return profiles;
}

}  // namespace

void one_input(base::ByteView input) {
    const auto parsed = accepted([&] { return read(base::text_of(input)); });
    if (!parsed) return;
    const auto& profiles = *parsed;
    for (const auto& [name, profile] : profiles) {
        require(name == profile.name, "a profile knows its name");
        require(profile.max_names > 0, "a profile permits a name");
        require(ca::find_profile(profiles, name).name == name, "a profile is found");
    }
}

}  // namespace signet::fuzz
