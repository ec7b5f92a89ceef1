#include <memory>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/render_completion.h"

namespace signet::cli {

Command completion_command() {
    auto shell = std::make_shared<std::string>();
    Command command{.name = "completion",
                    .summary = "print the completion script of a shell",
                    .description =
                        "Packages install these scripts where the shells look for them; this command is for "
                        "a signet that was copied by hand.",
                    .examples = {{"source <(signet completion bash)", "for this shell"},
                                 {"signet completion zsh >~/.zfunc/_signet", "a directory of zsh's fpath"},
                                 {"signet completion fish >~/.config/fish/completions/signet.fish", "for fish"}},
                    .run = [shell](Context& context) {
                        context.out.text(render_completion(*shell));
                        return k_exit_done;
                    }};
    command.arguments.push_back({.label = "SHELL",
                                 .text = "which shell",
                                 .target = shell.get(),
                                 .required = true,
                                 .values = completion_shells()});
    return command;
}

}  // namespace signet::cli
