#include "cli/effective_settings.h"

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/toml.h"
#include "cli/commands.h"
#include "cli/profile_view.h"
#include "cli/settings_reference.h"

namespace signet::cli {
namespace {

using base::Json;

constexpr std::size_t k_settings_limit = 1 << 20;

using Entries = std::map<std::string, base::TomlEntry, std::less<>>;

Entries entries_of(const base::Path& file) {
    Entries entries;
    if (const auto text = base::read_file_if_there(file, k_settings_limit))
        for (auto& entry : base::TomlFile::parse(*text, file.string()).entries()) entries.emplace(entry.path, entry);
    return entries;
}

/// The key itself, or, for one whose value is a table, the first key within.
const base::TomlEntry* entry_of(const Entries& entries, const std::string& path) {
    const auto found = entries.lower_bound(path);
    if (found == entries.end()) return nullptr;
    const bool within = found->first.starts_with(path + ".");
    return found->first == path || within ? &found->second : nullptr;
}

/// The variable that a command reads for an option which overrides this key, when it is set.
std::string variable_of(const Context& context, const std::string& path) {
    for (const auto& command : context.table.commands)
        for (const auto& option : command.options) {
            if (option.setting != path || !option.environment || !command.reads_environment) continue;
            const char* text = std::getenv(environment_name(option).c_str());
            if (text != nullptr && *text != 0) return environment_name(option);
        }
    return {};
}

/// The text of a variable as the key has it.
Json in_kind_of(const Json& usual, const std::string& text) {
    if (usual.is_array()) {
        Json list = Json::array();
        for (const auto word : base::split(text, ',')) list.push_back(std::string(base::trim(word)));
        return list;
    }
    if (usual.is_boolean()) return text != "0" && text != "false" && text != "no";
    if (usual.is_number()) return std::atoi(text.c_str());
    return text;
}

EffectiveSetting setting_of(const Context& context, const Entries& entries, const std::string& table,
                            const std::string& key, const Json& usual, bool settled) {
    EffectiveSetting setting{table, key, base::dump_json(usual), "default"};
    if (const auto* entry = entry_of(entries, setting.path())) {
        if (!settled) setting.value = entry->json;
        setting.origin = "file";
        setting.line = entry->line;
    }
    if (auto variable = variable_of(context, setting.path()); !variable.empty()) {
        setting.value = base::dump_json(in_kind_of(usual, std::getenv(variable.c_str())));
        setting.origin = "environment";
        setting.variable = std::move(variable);
    }
    return setting;
}

void add_table(const Context& context, const Entries& entries, const std::string& table, const Json& values,
               std::vector<EffectiveSetting>& settings) {
    for (const auto& [key, value] : values.items())
        if (!value.is_null()) settings.push_back(setting_of(context, entries, table, key, value, true));
}

void add_profiles(const Context& context, const Entries& entries, const ca::Profiles& profiles,
                  std::vector<EffectiveSetting>& settings) {
    for (const auto& [name, profile] : profiles) {
        Json values = profile_json(profile);
        const Json acme = values["acme"];
        for (const char* no_key : {"name", "spiffe", "acme"}) values.erase(no_key);
        add_table(context, entries, "profile." + name, values, settings);
        add_table(context, entries, "profile." + name + ".acme", acme, settings);
    }
}

std::vector<std::string> tables_of(const SettingsSection& section, const Settings& settings) {
    if (section.name != "authority.NAME") return {std::string(section.name)};
    std::vector<std::string> tables;
    for (const auto& [name, authority] : settings.authorities) tables.push_back("authority." + name);
    if (tables.empty()) tables.emplace_back("authority.default");
    return tables;
}

}  // namespace

std::vector<EffectiveSetting> effective_settings(const Context& context) {
    const Settings settings = context.settings();
    const Entries entries = entries_of(context.settings_file());
    std::vector<EffectiveSetting> all;
    for (const auto& section : settings_reference()) {
        if (section.name == "profile.NAME") add_profiles(context, entries, settings.profiles, all);
        if (section.name.starts_with("profile.NAME")) continue;
        for (const auto& table : tables_of(section, settings))
            for (const auto& setting : section.settings) {
                const Json usual = base::parse_json(setting.default_text, "a default");
                auto effective = setting_of(context, entries, table, std::string(setting.key), usual, false);
                // Above the first table stands what has another meaning when it is absent.
                if (!table.empty() || effective.origin != "default") all.push_back(std::move(effective));
            }
    }
    return all;
}

}  // namespace signet::cli
