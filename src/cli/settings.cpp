#include "cli/settings.h"

#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "base/toml.h"

namespace signet::cli {
namespace {

constexpr std::size_t k_settings_limit = 1 << 20;  // a file of a hundred profiles has 100 KiB

std::string text_of(const base::Path& file, bool must_exist) {
    if (must_exist) return base::read_file(file, k_settings_limit);
    return base::read_file_if_there(file, k_settings_limit).value_or("");
}

}  // namespace

Settings read_settings(const base::Path& file, bool must_exist) {
    const auto text = text_of(file, must_exist);
    base::TomlTable table{base::TomlFile::parse(text, file.string())};
    Settings settings;
    settings.stated = !base::trim(text).empty();
    settings.profiles = ca::read_profiles(table);
    settings.authorities = ca::read_authority_settings(table);
    settings.server = server::read_settings(table);
    auto& key_file = settings.server.notify.hmac_key_file;
    if (!key_file.empty() && key_file.is_relative())
        key_file = std::filesystem::absolute(file).parent_path() / key_file;
    settings.default_profile = table.text_if_there("default_profile");
    if (settings.default_profile && !settings.profiles.contains(*settings.default_profile))
        table.refuse("default_profile", "there is no profile '" + *settings.default_profile + "'",
                     "add [profile." + *settings.default_profile + "], or name another");
    table.finish();
    return settings;
}

}  // namespace signet::cli
