#include "cli/default_settings.h"

#include <unistd.h>

#include <filesystem>

#include "ca/authority_files.h"
#include "ca/profile.h"
#include "cli/layout_text.h"
#include "cli/noted_settings.h"
#include "cli/settings_reference.h"

namespace signet::cli {
namespace {

constexpr std::size_t k_width = 98;

void comment(std::string& text, std::string_view words) {
    for (const std::string& line : fill(words, k_width)) text += "# " + line + "\n";
}

/// "profile.NAME.acme" → "profile.default.acme"
std::string table_name(std::string_view section) {
    std::string name(section);
    if (const std::size_t at = name.find("NAME"); at != std::string::npos) name.replace(at, 4, "default");
    return name;
}

/// What a killed run left of its temporary file: nobody else writes it while the lock is held.
void remove_leftovers(const base::Path& file) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(file.parent_path(), ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("." + file.filename().string() + ".") && name.ends_with(".tmp"))
            base::remove_if_there(entry.path());
    }
}

}  // namespace

std::string default_settings(const std::string& authority) {
    const bool another = authority != "default";
    std::string text =
        "# Settings of signet. A key that is commented out has the value shown. An unknown key is an error.\n"
        "# signet.toml(5) tells more; serve-acme reads this file when it starts.\n";
    for (const SettingsSection& section : settings_reference()) {
        text += "\n";
        if (!section.name.empty()) {
            comment(text, section.text);
            text += "[" + table_name(section.name) + "]\n";
        }
        for (const Setting& setting : section.settings) {
            comment(text, setting.text);
            const bool signer = another && section.name == "profile.NAME" && setting.key == "ca";
            // Above the first table stands what is not the same when it is absent.
            text += (section.name.empty() || signer ? "" : "#") + std::string(setting.key) + " = " +
                    (signer ? "\"" + authority + "\"" : std::string(setting.default_text)) + "\n";
        }
    }
    if (another) {
        text += "\n# The other ready-made profiles are signed by the same authority.\n";
        for (const auto& [name, profile] : ca::ready_made_profiles())
            if (name != "default") text += "[profile." + name + "]\nca = \"" + authority + "\"\n";
    }
    return text;
}

void write_default_settings(const Context& context, store::Store& store, const std::string& name) {
    const base::Path file = store.layout().settings();
    if (context.globals.config || base::file_facts(file)) return;
    const base::FileLock lock = store.lock("settings");
    if (base::file_facts(file)) return;
    remove_leftovers(file);
    base::write_file(file, default_settings(ca::authority_exists(store.layout(), "default") ? "default" : name));
    note_settings(context, store, "operator uid " + std::to_string(::getuid()));  // what later changes start from
}

}  // namespace signet::cli
