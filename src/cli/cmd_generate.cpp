#include <filesystem>
#include <memory>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/render_completion.h"
#include "cli/render_man.h"

namespace signet::cli {
namespace {

int run(Context& context, const base::Path& directory) {
    base::make_directories(directory / "man", 0755);
    base::make_directories(directory / "completions", 0755);
    for (const auto& page : render_man(context.table)) base::write_file(directory / "man" / page.file, page.text);
    for (const auto& shell : completion_shells())
        base::write_file(directory / "completions" / completion_file(shell), render_completion(shell));
    return k_exit_done;
}

}  // namespace

Command generate_command() {
    auto directory = std::make_shared<base::Path>();
    Command command{.name = "__generate",
                    .summary = "write man/ and completions/ below a directory",
                    .hidden = true,
                    .run = [directory](Context& context) { return run(context, *directory); }};
    command.arguments.push_back({.label = "DIR", .text = "where", .target = directory.get(), .required = true});
    return command;
}

}  // namespace signet::cli
