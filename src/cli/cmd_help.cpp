#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/render_help.h"

namespace signet::cli {
namespace {

int run(Context& context, const std::vector<std::string>& words) {
    const std::string name = base::join(words, " ");
    Parsed what{.command = find_command(context.table, name), .group = find_group(context.table, name)};
    if (!name.empty() && !what.command && !what.group) {
        std::vector<std::string> known;
        for (const auto& command : context.table.commands)
            if (!command.hidden) known.push_back(command.name);
        for (const auto& group : context.table.groups) known.push_back(group.name);
        const auto near = base::nearest(name, known);
        throw base::Error{base::Kind::usage, "there is no command '" + base::printable(name) + "'",
                          near ? "signet help " + *near : "signet help"};
    }
    context.out.text(render_help(context.table, what));
    return k_exit_done;
}

}  // namespace

Command help_command() {
    auto words = std::make_shared<std::vector<std::string>>();
    Command command{.name = "help",
                    .summary = "explain a command",
                    .examples = {{"signet help ca init", "one command of a group"}},
                    .run = [words](Context& context) { return run(context, *words); }};
    command.arguments.push_back(
        {.label = "COMMAND", .text = "the words of the command", .target = words.get(), .many = true});
    return command;
}

}  // namespace signet::cli
