#include <nlohmann/json.hpp>

#include "cli/assign.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/render_help.h"

namespace signet::cli {
namespace {

using base::Json;

Json describe(const Option& option) {
    Json json = {{"name", option.name},
                 {"environment", option.environment ? Json(environment_name(option)) : Json()},
                 {"label", option.label},
                 {"text", option.text},
                 {"required", option.required},
                 {"repeatable", is_many(option.target)},
                 {"values", option.values},
                 {"comma_separated", option.comma_separated},
                 {"default", option.default_text},
                 {"conflicts", option.conflicts}};
    if (option.letter) json["letter"] = std::string{option.letter};
    if (!option.setting.empty()) json["setting"] = option.setting;
    return json;
}

Json describe(const Options& options) {
    Json json = Json::array();
    for (const auto& option : options) json.push_back(describe(option));
    return json;
}

Json describe(const Command& command) {
    Json arguments = Json::array();
    for (const auto& argument : command.arguments)
        arguments.push_back({{"label", argument.label},
                             {"text", argument.text},
                             {"required", argument.required},
                             {"many", argument.many},
                             {"values", argument.values}});
    Json examples = Json::array();
    for (const auto& example : command.examples)
        examples.push_back({{"command", example.command}, {"text", example.text}});
    Json codes = Json::object();
    for (const auto& [code, text] : exit_codes_of(command)) codes[std::to_string(code)] = text;
    return {{"name", command.name},
            {"summary", command.summary},
            {"description", command.description},
            {"usage", usage_line(command)},
            {"arguments", std::move(arguments)},
            {"options", describe(command.options)},
            {"reads_environment", command.reads_environment},
            {"examples", std::move(examples)},
            {"exit_codes", std::move(codes)}};
}

int run(Context& context) {
    Json commands = Json::array();
    for (const auto& command : context.table.commands)
        if (!command.hidden) commands.push_back(describe(command));
    Json groups = Json::array();
    for (const auto& group : context.table.groups) groups.push_back({{"name", group.name}, {"summary", group.summary}});
    context.out.document({{"version", SIGNET_VERSION},
                          {"global_options", describe(context.table.global_options)},
                          {"groups", std::move(groups)},
                          {"commands", std::move(commands)}});
    return k_exit_done;
}

}  // namespace

Command describe_command() {
    return {.name = "__describe", .summary = "the whole command line as JSON", .hidden = true, .run = run};
}

}  // namespace signet::cli
