#include "cli/render_help.h"

#include <algorithm>

#include "base/text.h"
#include "cli/assign.h"
#include "cli/layout_text.h"

namespace signet::cli {
namespace {

constexpr std::size_t k_width = 80;
constexpr std::size_t k_column = 26;  // where explanations begin

void add_lines(std::string& page, const std::vector<std::string>& lines) {
    for (const auto& line : lines) page += line + "\n";
}

// "  --words   explanation", the explanation on the next line when the words are long.
void add_row(std::string& page, const std::string& words, const std::string& text, std::size_t column = k_column) {
    auto lines = fill(text, k_width, column);
    std::string first = "  " + words;
    if (!lines.empty() && first.size() + 2 <= column) {
        first += lines.front().substr(first.size());
        lines.erase(lines.begin());
    }
    page += first + "\n";
    add_lines(page, lines);
}

void add_description(std::string& page, const std::string& text) {
    for (const auto& paragraph : paragraphs(text)) {
        page += "\n";
        if (paragraph.verbatim)
            page += paragraph.text + "\n";
        else
            add_lines(page, fill(paragraph.text, k_width));
    }
}

std::string explained(const Option& option) {
    std::string text = option.text;
    const auto remarks = option_remarks(option);
    if (!remarks.empty()) text += " (" + base::join(remarks, "; ") + ")";
    return text;
}

void add_options(std::string& page, const std::string& heading, const std::vector<const Option*>& options) {
    if (options.empty()) return;
    page += "\n" + heading + ":\n";
    for (const Option* option : options) add_row(page, option_words(*option), explained(*option));
}

void add_global_options(std::string& page, const CommandTable& table) {
    std::vector<const Option*> options;
    for (const auto& option : table.global_options) options.push_back(&option);
    add_options(page, "Global options, anywhere on the line", options);
}

std::string environment_sentence(const Command& command) {
    const auto example = std::find_if(command.options.begin(), command.options.end(),
                                      [](const Option& option) { return !is_flag(option.target); });
    if (!command.reads_environment)
        return "Only the global options are read from the environment: SIGNET_STORE, SIGNET_CONFIG.";
    if (example == command.options.end()) return "";
    return "What the line does not say is read from the environment: --" + example->name + " from " +
           environment_name(*example) + ", --store from SIGNET_STORE.";
}

void add_members(std::string& page, const CommandTable& table, const std::string& group) {
    page += "\nCommands:\n";
    for (const Command* command : commands_of(table, group))
        add_row(page, std::string(word_of(command->name)), command->summary, 14);
}

std::string command_help(const CommandTable& table, const Command& command) {
    std::string page = "Usage: ";
    const auto usage = fill(usage_line(command), k_width, 7);
    for (std::size_t i = 0; i < usage.size(); ++i) page += (i ? usage[i] : usage[i].substr(7)) + "\n";
    add_description(page, sentence(command.summary));
    add_description(page, command.description);
    if (!command.arguments.empty()) page += "\nArguments:\n";
    for (const auto& argument : command.arguments) {
        std::string text = argument.text;
        if (!argument.values.empty()) text += " (one of " + base::join(argument.values, ", ") + ")";
        add_row(page, argument.label + (argument.many ? "..." : ""), text);
    }
    for (const auto& [heading, options] : option_groups(command)) add_options(page, heading, options);
    if (find_group(table, command.name)) add_members(page, table, command.name);
    add_global_options(page, table);
    const auto environment = environment_sentence(command);
    if (!environment.empty()) page += "\n", add_lines(page, fill(environment, k_width));
    if (!command.examples.empty()) page += "\nExamples:\n";
    for (const auto& example : command.examples) {
        if (!example.text.empty()) add_lines(page, fill("# " + example.text, k_width, 2));
        page += "  " + example.command + "\n";
    }
    page += "\nExit codes:\n";
    for (const auto& [code, text] : exit_codes_of(command)) add_row(page, std::to_string(code), text, 5);
    return page;
}

std::string group_help(const CommandTable& table, const Group& group) {
    std::string page = "Usage: signet " + group.name + " COMMAND ...\n";
    add_description(page, sentence(group.summary));
    add_description(page, group.description);
    add_members(page, table, group.name);
    page += "\n'signet help " + group.name + " COMMAND' explains one of them.\n";
    return page;
}

std::string program_help(const CommandTable& table) {
    std::string page =
        "Usage: signet [GLOBAL OPTION]... COMMAND ...\n\n"
        "A private certificate authority in one program: CA, ACME server and client,\n"
        "verification.\n\nCommands:\n";
    for (const auto& group : table.groups) {
        std::string members;
        for (const Command* command : commands_of(table, group.name)) {
            members += members.empty() ? "" : "|";
            members += word_of(command->name);
        }
        add_row(page, group.name + " " + members, group.summary, k_column);
    }
    for (const Command* command : commands_of(table, "")) add_row(page, command->name, command->summary, k_column);
    add_global_options(page, table);
    page +=
        "\n'signet help COMMAND' explains a command. A first certificate:\n"
        "  signet ca init\n"
        "  signet issue worker-1.internal\n";
    return page;
}

}  // namespace

std::string usage_line(const Command& command) {
    std::string line = "signet " + command.name;
    bool optional = false;
    for (const auto& option : command.options) {
        if (option.required)
            line += " --" + option.name + " " + option.label;
        else
            optional = true;
    }
    if (optional) line += " [OPTION]...";
    for (const auto& argument : command.arguments) {
        const std::string words = argument.label + (argument.many ? "..." : "");
        line += argument.required ? " " + words : " [" + words + "]";
    }
    return line;
}

std::vector<ExitCode> exit_codes_of(const Command& command) {
    std::vector<ExitCode> codes{{0, "done"},
                                {1, "refused or not valid"},
                                {2, "wrong usage or unusable input"},
                                {3, "the local environment: file, permission, store, port"},
                                {4, "the network or the other side: worth a retry"}};
    if (command.error_exit) codes.clear();  // it has codes of its own
    for (const auto& own : command.exit_codes) {
        const auto same =
            std::find_if(codes.begin(), codes.end(), [&](const ExitCode& c) { return c.code == own.code; });
        if (same == codes.end())
            codes.push_back(own);
        else
            *same = own;
    }
    std::sort(codes.begin(), codes.end(), [](const ExitCode& a, const ExitCode& b) { return a.code < b.code; });
    return codes;
}

std::string option_words(const Option& option) {
    std::string words = option.letter ? std::string{'-', option.letter} + ", " : "";
    words += "--" + option.name;
    if (!option.label.empty()) words += " " + option.label;
    return words;
}

std::vector<std::string> option_remarks(const Option& option) {
    std::vector<std::string> remarks;
    if (option.required) remarks.emplace_back("required");
    if (!option.values.empty())
        remarks.push_back((option.comma_separated ? "of " : "one of ") + base::join(option.values, ", "));
    if (option.comma_separated)
        remarks.emplace_back("several with commas");
    else if (is_many(option.target))
        remarks.emplace_back("repeatable");
    if (!option.default_text.empty()) remarks.push_back("default: " + option.default_text);
    return remarks;
}

std::vector<std::pair<std::string, std::vector<const Option*>>> option_groups(const Command& command) {
    std::vector<std::pair<std::string, std::vector<const Option*>>> groups;
    for (const auto& option : command.options) {
        const std::string heading = option.group.empty() ? "Options" : option.group;
        auto found =
            std::find_if(groups.begin(), groups.end(), [&](const auto& each) { return each.first == heading; });
        if (found == groups.end()) found = groups.insert(groups.end(), {heading, {}});
        found->second.push_back(&option);
    }
    return groups;
}

std::string render_help(const CommandTable& table, const Parsed& what) {
    if (what.command) return command_help(table, *what.command);
    if (what.group) return group_help(table, *what.group);
    return program_help(table);
}

}  // namespace signet::cli
