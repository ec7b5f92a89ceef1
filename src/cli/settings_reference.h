#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace signet::cli {

/// One key of signet.toml, for signet.toml(5).
struct Setting {
    std::string_view key;
    std::string_view default_text;  // as TOML; a test reads it back through read_settings
    std::string_view text;
};

struct SettingsSection {
    std::string_view name;  // "server", "profile.NAME"; "" for the keys above the first table
    std::string_view text;
    std::vector<Setting> settings;
};

const std::vector<SettingsSection>& settings_reference();

}  // namespace signet::cli
