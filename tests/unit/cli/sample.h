#pragma once

#include <map>
#include <string>

#include "cli/commands.h"
#include "cli/parser.h"

namespace signet::cli {

/// A small command line of its own, so that these tests do not change with the product's commands.
struct Sample {
    Globals globals;
    std::vector<std::string> names;
    std::vector<std::string> dns;
    std::optional<base::Duration> validity;
    std::optional<int> port;
    std::optional<std::string> token, server;
    std::vector<std::string> formats;
    std::optional<base::Path> out;
    bool force = false;
    std::string needed;
    std::string first, second;
    std::map<std::string, std::string> environment;

    CommandTable table() {
        CommandTable table;
        table.groups = {{.name = "ca", .summary = "the authority"}};
        Command get{
            .name = "get",
            .summary = "get a thing",
            .options = {
                {.name = "dns", .label = "D", .text = "a name", .target = &dns},
                {.name = "validity", .label = "T", .text = "lifetime", .target = &validity},
                {.name = "http01-port", .label = "PORT", .text = "a port", .target = &port},
                {.name = "token", .label = "T", .text = "a token", .target = &token, .conflicts = {"server"}},
                {.name = "server", .label = "URL", .text = "a server", .target = &server},
                {.name = "format",
                 .label = "LIST",
                 .text = "formats",
                 .target = &formats,
                 .values = {"pem", "der", "p12"},
                 .comma_separated = true},
                {.name = "out", .label = "DIR", .text = "where", .target = &out, .complete = Complete::directory},
                {.name = "force", .text = "do it", .target = &force, .letter = 'f'}}};
        get.arguments.push_back({.label = "NAME", .text = "a name", .target = &names, .many = true});
        Command init{
            .name = "ca init",
            .summary = "make a CA",
            .options = {{.name = "needed", .label = "X", .text = "must be there", .target = &needed, .required = true},
                        {.name = "validity", .label = "T", .text = "lifetime", .target = &validity}},
            .reads_environment = false};
        Command copy{.name = "copy", .summary = "two words"};
        copy.arguments.push_back({.label = "FROM", .text = "from", .target = &first, .required = true});
        copy.arguments.push_back({.label = "TO", .text = "to", .target = &second});
        table.commands = {get, init, copy};
        table.global_options = command_table(globals).global_options;
        return table;
    }

    Environment variables() {
        return [this](const std::string& name) -> std::optional<std::string> {
            const auto found = environment.find(name);
            if (found == environment.end()) return std::nullopt;
            return found->second;
        };
    }

    /// The name of the command that the line chose, "" for none.
    std::string parse_line(const std::vector<std::string>& words) {
        const CommandTable table_ = table();
        const Parsed parsed = parse(table_, globals, words, variables());
        return parsed.command ? parsed.command->name : parsed.group ? parsed.group->name : "";
    }
};

}  // namespace signet::cli
