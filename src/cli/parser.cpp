#include "cli/parser.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "cli/assign.h"

// CLI11 cuts the line into options and words, nothing more: what a text means, where else it may come from and what
// is missing is decided here, so that messages, environment and help agree.

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr char k_guard = '\x01';  // before a word that CLI11 would read as more than a word

// What stands behind "--": words, whatever they look like. CLI11 would hand them to the level above.
std::vector<std::string> take_plain_words(std::vector<std::string>& words) {
    const auto mark = std::find(words.begin(), words.end(), "--");
    if (mark == words.end()) return {};
    std::vector<std::string> plain(mark + 1, words.end());
    words.erase(mark, words.end());
    return plain;
}

// CLI11 takes "[a,b]" for a list, "++" for an end of command and "--name=" for no value.
std::vector<std::string> guarded(const std::vector<std::string>& words) {
    std::vector<std::string> result;
    for (const auto& word : words) {
        const bool list = word.size() > 1 && word.front() == '[' && word.back() == ']';
        if (list || word == "++") {
            result.push_back(k_guard + word);
        } else if (word.size() > 3 && word.starts_with("--") && word.find('=') == word.size() - 1) {
            result.push_back(word.substr(0, word.size() - 1));
            result.emplace_back();
        } else {
            result.push_back(word);
        }
    }
    return result;
}

std::vector<std::string> unguarded(std::vector<std::string> texts) {
    for (auto& text : texts)
        if (!text.empty() && text.front() == k_guard) text.erase(0, 1);
    return texts;
}

bool takes_no_value(const Option& option) {
    return is_flag(option.target) || (std::holds_alternative<int*>(option.target) && option.label.empty());
}

// One level of the line: signet, a group, a command.
struct Level {
    CLI::App* app = nullptr;
    const Command* command = nullptr;
    const Group* group = nullptr;
    std::map<const Option*, CLI::Option*> options = {};
    CLI::Option* words = nullptr;
};

void add_option(Level& level, const Option& option) {
    std::string names = "--" + option.name;
    if (option.letter) names = std::string{'-', option.letter} + ',' + names;
    CLI::Option* made = nullptr;
    if (takes_no_value(option)) {
        made = level.app->add_flag(names);
    } else {
        // The number of values is checked later: with CLI11's own check a doubtful line would get its words.
        made = level.app->add_option(names, CLI::callback_t{[](const CLI::results_t&) { return true; }});
        made->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
    }
    made->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    level.options.emplace(&option, made);
}

struct Tree {
    CLI::App root;
    std::vector<Level> levels;  // the first is signet itself
};

Level& add_level(Tree& tree, CLI::App* app, const CommandTable& table) {
    app->set_help_flag();
    app->allow_extras();
    app->require_subcommand(0, 1);  // after one, the same word further on is an argument
    Level& level = tree.levels.emplace_back(Level{.app = app});
    for (const auto& option : table.global_options) add_option(level, option);
    return level;
}

// Of the groups and commands only those whose words are on the line: no other can be meant, and to make all options of
// all commands costs more than the rest of a short command.
void build(Tree& tree, const CommandTable& table, const std::vector<std::string>& words) {
    const auto named = [&](std::string_view word) {
        return std::find(words.begin(), words.end(), word) != words.end();
    };
    add_level(tree, &tree.root, table);
    std::map<std::string_view, CLI::App*> groups{{"", &tree.root}};
    std::map<std::string_view, Level*> levels;
    for (const auto& group : table.groups) {
        if (!named(group.name)) continue;
        groups[group.name] = tree.root.add_subcommand(group.name);
        levels[group.name] = &add_level(tree, groups[group.name], table);
        levels[group.name]->group = &group;
    }
    for (const auto& command : table.commands) {
        if (const auto both = levels.find(command.name); both != levels.end()) {
            both->second->command = &command;  // what the group's own name does; it takes no words
            for (const auto& option : command.options) add_option(*both->second, option);
            continue;
        }
        const auto group = groups.find(group_of(command.name));
        if (group == groups.end() || !named(word_of(command.name))) continue;
        CLI::App* app = group->second->add_subcommand(std::string(word_of(command.name)));
        Level& level = add_level(tree, app, table);
        level.command = &command;
        for (const auto& option : command.options) add_option(level, option);
        level.words = app->add_option("words", CLI::callback_t{[](const CLI::results_t&) { return true; }});
        level.words->expected(0, CLI::detail::expected_max_vector_size)->allow_extra_args();
    }
}

// From signet down to what was named.
std::vector<const Level*> chosen(const Tree& tree) {
    std::vector<const Level*> path{&tree.levels.front()};
    for (;;) {
        const auto below = path.back()->app->get_subcommands();
        if (below.empty()) return path;
        for (const auto& level : tree.levels)
            if (level.app == below.front()) path.push_back(&level);
    }
}

std::string name_of(const Level& level) {
    if (level.command) return level.command->name;
    return level.group ? level.group->name : "";
}

std::string help_hint(const std::string& name) { return "signet help" + (name.empty() ? "" : " " + name); }

[[noreturn]] void refuse_option(const std::string& word, const std::vector<const Level*>& path) {
    const std::string given = word.substr(0, word.find('='));
    std::vector<std::string> known;
    for (const Level* level : path)
        for (const auto& [option, unused] : level->options) known.push_back("--" + option->name);
    const std::string name = name_of(*path.back());
    const auto near = base::nearest(given, known);
    throw Error{Kind::usage,
                "unknown option " + base::printable(given) + (name.empty() ? "" : " of 'signet " + name + "'"),
                near ? *near : help_hint(name)};
}

[[noreturn]] void refuse_command(const std::string& word, const CommandTable& table, const Level& level) {
    const std::string group = name_of(level);
    std::vector<std::string> known;
    for (const Command* command : commands_of(table, group)) known.emplace_back(word_of(command->name));
    if (group.empty())
        for (const auto& each : table.groups) known.push_back(each.name);
    const auto near = base::nearest(word, known);
    throw Error{Kind::usage, "unknown command '" + (group.empty() ? "" : group + " ") + base::printable(word) + "'",
                near ? "signet " + (group.empty() ? "" : group + " ") + *near : help_hint(group)};
}

void refuse_leftovers(const CommandTable& table, const std::vector<const Level*>& path) {
    for (const Level* level : path) {
        const auto left = unguarded(level->app->remaining());
        if (left.empty()) continue;
        if (left.front().size() > 1 && left.front().front() == '-') refuse_option(left.front(), path);
        refuse_command(left.front(), table, *level);
    }
}

// What the line says for one option, over all levels: global options may stand at each.
std::vector<std::string> given_texts(const Option& option, const std::vector<const Level*>& path) {
    std::vector<std::string> texts;
    for (const Level* level : path) {
        const auto found = level->options.find(&option);
        if (found == level->options.end()) continue;
        const auto& results = found->second->results();
        texts.insert(texts.end(), results.begin(), results.end());
    }
    return unguarded(std::move(texts));
}

// "signet audit --since 1h verify": an option of the level above would be passed over.
void refuse_options_of_others(const std::vector<const Level*>& path) {
    const Level& last = *path.back();
    for (const Level* level : path) {
        if (level == &last || !level->command) continue;
        for (const auto& option : level->command->options)
            if (!given_texts(option, {level}).empty())
                throw Error{Kind::usage,
                            "--" + option.name + " belongs to 'signet " + level->command->name + "', not to 'signet " +
                                name_of(last) + "'",
                            help_hint(name_of(last))};
    }
}

void assign_given(const Option& option, const std::vector<std::string>& texts) {
    const std::string what = "--" + option.name;
    if (auto* const* counter = std::get_if<int*>(&option.target); counter && option.label.empty()) {
        **counter += static_cast<int>(texts.size());
        return;
    }
    if (texts.size() > 1 && !takes_no_value(option) && !is_many(option.target))
        throw Error{Kind::usage, what + " is given " + std::to_string(texts.size()) + " times", "give it once"};
    assign(option.target, texts, what, option.values, option.comma_separated);
}

bool conflicts(const Option& option, const Option& other) {
    const auto names = [](const Option& a, const Option& b) {
        return std::find(a.conflicts.begin(), a.conflicts.end(), b.name) != a.conflicts.end();
    };
    return names(option, other) || names(other, option);
}

void assign_from_environment(const Option& option, const Environment& environment) {
    const std::string name = environment_name(option);
    const auto value = environment(name);
    if (!value || value->empty()) return;  // an empty variable is how a container says "not set"
    const bool list = is_many(option.target) || option.comma_separated;
    assign(option.target, {*value}, name, option.values, list);
}

void read_options(const Options& options, const std::vector<const Level*>& path, bool reads_environment,
                  const Environment& environment) {
    std::vector<const Option*> given;
    for (const auto& option : options) {
        const auto texts = given_texts(option, path);
        if (texts.empty()) continue;
        for (const Option* other : given)
            if (conflicts(option, *other))
                throw Error{Kind::usage, "--" + other->name + " and --" + option.name + " exclude each other",
                            "leave one of them out, also as an environment variable"};
        assign_given(option, texts);
        given.push_back(&option);
    }
    for (const auto& option : options) {
        const bool settled = std::any_of(given.begin(), given.end(), [&](const Option* other) {
            return other == &option || conflicts(option, *other);
        });
        const bool from_environment = !settled && reads_environment && option.environment &&
                                      !environment(environment_name(option)).value_or("").empty();
        if (from_environment) assign_from_environment(option, environment);
        if (option.required && !settled && !from_environment)
            throw Error{Kind::usage, "--" + option.name + " " + option.label + " is missing"};
    }
}

void read_arguments(const Command& command, std::vector<std::string> words) {
    std::size_t next = 0;
    for (const auto& argument : command.arguments) {
        if (next == words.size()) {
            if (argument.required)
                throw Error{Kind::usage, "'signet " + command.name + "' needs " + argument.label,
                            help_hint(command.name)};
            return;
        }
        const std::size_t count = argument.many ? words.size() - next : 1;
        const auto begin = words.begin() + static_cast<std::ptrdiff_t>(next);
        assign(argument.target, {begin, begin + static_cast<std::ptrdiff_t>(count)}, argument.label, argument.values,
               false);
        next += count;
    }
    if (next < words.size())
        throw Error{Kind::usage,
                    "unexpected argument '" + base::printable(words[next]) + "' of 'signet " + command.name + "'",
                    help_hint(command.name)};
}

bool asks_for_help(const std::vector<std::string>& words) {
    const auto end = std::find(words.begin(), words.end(), "--");
    return std::any_of(words.begin(), end, [](const std::string& word) { return word == "--help" || word == "-h"; });
}

Parsed read_line(const Tree& tree, const CommandTable& table, Globals& globals, const Environment& environment,
                 const std::vector<std::string>& plain_words) {
    const auto path = chosen(tree);
    const Level& last = *path.back();
    read_options(table.global_options, path, true, environment);
    if (globals.help) return {.command = last.command, .group = last.group};
    refuse_leftovers(table, path);
    if (!last.command) {
        if (!last.group) throw Error{Kind::usage, "no command given", "signet help"};
        std::vector<std::string> members;
        for (const Command* command : commands_of(table, last.group->name))
            members.emplace_back(word_of(command->name));
        throw Error{Kind::usage, "'signet " + last.group->name + "' needs one of: " + base::join(members, ", "),
                    help_hint(last.group->name)};
    }
    refuse_options_of_others(path);
    read_options(last.command->options, path, last.command->reads_environment, environment);
    auto arguments = last.words ? unguarded(last.words->results()) : std::vector<std::string>{};
    arguments.insert(arguments.end(), plain_words.begin(), plain_words.end());
    read_arguments(*last.command, std::move(arguments));
    return {.command = last.command};
}

}  // namespace

Parsed command_named(const CommandTable& table, const std::vector<std::string>& words) {
    Parsed parsed;
    for (const auto& word : words) {
        const std::string name = parsed.group ? parsed.group->name + " " + word : word;
        const Command* command = find_command(table, name);
        const Group* group = parsed.group ? nullptr : find_group(table, word);
        if (command && !group) return {.command = command};
        if (group) parsed = {.command = command, .group = group};
    }
    return parsed;
}

Parsed parse(const CommandTable& table, Globals& globals, const std::vector<std::string>& words,
             const Environment& environment) {
    Tree tree;
    tree.levels.reserve(1 + table.groups.size() + table.commands.size());
    build(tree, table, words);
    auto reversed = words;
    const auto plain_words = take_plain_words(reversed);
    reversed = guarded(reversed);
    std::reverse(reversed.begin(), reversed.end());
    std::string complaint;
    try {
        tree.root.parse(std::move(reversed));
    } catch (const CLI::ArgumentMismatch& error) {
        const std::string text = error.what();
        complaint = text.substr(0, text.find(':')) + " needs a value";
    } catch (const std::exception& error) {
        complaint = error.what();
    }
    if (complaint.empty()) return read_line(tree, table, globals, environment, plain_words);
    const Parsed guess = command_named(table, words);
    if (asks_for_help(words)) {
        globals.help = true;
        return guess;
    }
    throw Error{Kind::usage, complaint, help_hint(guess.command ? guess.command->name : "")};
}

}  // namespace signet::cli
