#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/effective_settings.h"
#include "cli/exit_code.h"
#include "cli/profile_view.h"

namespace signet::cli {
namespace {

using base::Json;

bool is_wanted(const EffectiveSetting& setting, const std::string& key) {
    return key.empty() || setting.path() == key || setting.path().starts_with(key + ".");
}

std::string origin_text(const EffectiveSetting& setting) {
    if (setting.origin == "file") return "line " + std::to_string(setting.line);
    return setting.variable.empty() ? setting.origin : setting.variable;
}

void print_text(Context& context, const std::vector<EffectiveSetting>& settings) {
    const auto file = context.settings_file();
    context.out.line("# store: " + context.store().string());
    context.out.line("# settings: " + file.string() + (base::file_facts(file) ? "" : " (not there)"));
    std::string table;
    for (const auto& setting : settings) {
        if (setting.table != table) {
            context.out.line("");
            context.out.line("[" + setting.table + "]");
        }
        table = setting.table;
        context.out.line(setting.key + " = " + toml_value(base::parse_json(setting.value, "a value")) + "  # " +
                         origin_text(setting));
    }
}

void print_json(Context& context, const std::vector<EffectiveSetting>& settings) {
    Json all = Json::array();
    for (const auto& setting : settings) {
        Json json{{"key", setting.path()},
                  {"value", base::parse_json(setting.value, "a value")},
                  {"origin", setting.origin},
                  {"line", setting.line > 0 ? Json(setting.line) : Json()},
                  {"variable", setting.variable.empty() ? Json() : Json(setting.variable)}};
        all.push_back(std::move(json));
    }
    const auto file = context.settings_file();
    context.out.document({{"store", context.store().string()},
                          {"file", file.string()},
                          {"exists", base::file_facts(file).has_value()},
                          {"settings", std::move(all)}});
}

int run(Context& context, const std::string& key) {
    auto settings = effective_settings(context);
    std::erase_if(settings, [&](const EffectiveSetting& setting) { return !is_wanted(setting, key); });
    if (settings.empty())
        throw base::Error{base::Kind::usage, "there is no setting '" + key + "'",
                          "name a key or a table, such as server.listen or profile.default"};
    context.out.json() ? print_json(context, settings) : print_text(context, settings);
    return k_exit_done;
}

}  // namespace

Command config_show_command() {
    auto key = std::make_shared<std::string>();
    return {
        .name = "config show",
        .summary = "show the settings in force, and where each comes from",
        .description =
            "Prints every key of signet.toml(5) with the value in force, as text of such a file. Behind each stands "
            "where it comes from: the line of the file, the SIGNET_ variable that overrides it, or default. The "
            "ready-made profiles are shown, too. Options on the line of serve-acme override all of it.\n\n"
            "With --json: store, file, exists and settings[] with key, value, origin (default, file, environment), "
            "line and variable.",
        .arguments = {{.label = "KEY",
                       .text = "only this key or table: server, profile.default.ca",
                       .target = key.get()}},
        .examples = {{"signet config show", ""}, {"signet config show server.listen --json", ""}},
        .see_also = {"config check", "profile show", "serve-acme"},
        .run = [key](Context& context) { return run(context, *key); }};
}

}  // namespace signet::cli
