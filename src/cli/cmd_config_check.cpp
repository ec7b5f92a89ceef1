#include <unistd.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"

namespace signet::cli {
namespace {

using base::Json;

/// What can be read, and would not work here and now.
class Doubts {
public:
    void add(std::string text) { texts_.push_back(std::move(text)); }
    void look_for_program(const std::string& key, const std::string& command) {
        if (command.empty()) return;
        const auto words = base::split_command(command);
        if (words.empty() || !words.front().starts_with('/')) return;  // looked for where the system keeps programs
        if (::access(words.front().c_str(), X_OK) != 0) add(key + ": " + words.front() + " cannot be run");
    }
    void look_for_file(const std::string& key, const base::Path& file) {
        if (!file.empty() && ::access(file.c_str(), R_OK) != 0) add(key + ": " + file.string() + " cannot be read");
    }
    const std::vector<std::string>& texts() const { return texts_; }

private:
    std::vector<std::string> texts_;
};

Doubts doubts_about(const Settings& settings, const base::Path& store) {
    Doubts doubts;
    const store::Layout layout(store);
    const bool has_store = base::file_facts(layout.database()).has_value();
    const auto authorities = has_store ? ca::authority_names(layout) : std::vector<std::string>{};
    for (const auto& [name, profile] : settings.profiles) {
        if (has_store && std::ranges::find(authorities, profile.ca) == authorities.end())
            doubts.add("profile." + name + ".ca: there is no CA '" + profile.ca + "' in " + store.string());
        doubts.look_for_program("profile." + name + ".acme.authorize_command", profile.acme.authorize_command);
    }
    doubts.look_for_program("notify.command", settings.server.notify.command);
    doubts.look_for_file("notify.hmac_key_file", settings.server.notify.hmac_key_file);
    return doubts;
}

int run(Context& context, const std::optional<base::Path>& given) {
    const base::Path file = given.value_or(context.settings_file());
    if (given && !base::file_facts(file))
        throw base::Error{base::Kind::bad_input, "there is no " + file.string(), "name a file that is there"};
    const Settings settings = read_settings(file, true);
    const auto doubts = doubts_about(settings, context.store());
    if (context.out.json()) {
        Json profiles = Json::array();
        for (const auto& [name, profile] : settings.profiles) profiles.push_back(name);
        context.out.document(
            {{"file", file.string()}, {"ok", true}, {"profiles", profiles}, {"warnings", doubts.texts()}});
        return k_exit_done;
    }
    for (const auto& text : doubts.texts()) context.out.warning(text);
    context.out.line(file.string() + " can be used: " + std::to_string(settings.profiles.size()) + " profiles");
    return k_exit_done;
}

}  // namespace

Command config_check_command() {
    auto file = std::make_shared<std::optional<base::Path>>();
    return {
        .name = "config check",
        .summary = "check a settings file before it is used",
        .description =
            "Reads the file as every command does: an unknown key, a value of another kind or an impossible one is "
            "an error that names the line. What can be read but would not work here is a warning: a profile of a CA "
            "that the store does not have, a program or a key file that is not there.\n\n"
            "With --json: file, ok, profiles[] and warnings[].",
        .arguments = {{.label = "FILE",
                       .text = "the file; default: signet.toml of the store, or --config",
                       .target = file.get(),
                       .complete = Complete::file}},
        .examples = {{"signet config check new.toml && cp new.toml /var/lib/signet/signet.toml",
                      "a running server takes it within a second or two"}},
        .exit_codes = {{k_exit_done, "it can be used"},
                       {k_exit_usage, "it cannot, or wrong usage"},
                       {k_exit_environment, "the store has none"}},
        .see_also = {"config show", "profile check"},
        .run = [file](Context& context) { return run(context, *file); }};
}

}  // namespace signet::cli
