#include "cli/render_completion.h"

#include <array>

#include "base/error.h"

namespace signet::cli {
namespace {

struct Shell {
    std::string_view name, file, script;
};

constexpr std::array<Shell, 3> k_shells{{
    {"bash", "signet.bash", R"(# Completion of signet for bash: the program itself knows what may follow.
_signet() {
    local word=${COMP_WORDS[COMP_CWORD]} line reply=${COMP_LINE:0:COMP_POINT} words
    # Cut at spaces alone: bash also cuts at ':' and '=', which stand inside names and options.
    read -ra words <<<"$reply"
    [[ $reply == *[[:space:]] ]] && words+=("")
    local whole=${words[-1]}
    local cut=${whole%"$word"}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :file) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word") ;;
            :directory) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$word") ;;
            *) line=${line%%$'\t'*}; COMPREPLY+=("${line#"$cut"}") ;;
        esac
    done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _signet signet
)"},
    {"zsh", "_signet", R"(#compdef signet
# Completion of signet for zsh: the program itself knows what may follow.
_signet() {
    local line
    local -a found
    for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
            '') ;;
            :file) _files ;;
            :directory) _files -/ ;;
            *) found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
        esac
    done
    (( $#found )) && _describe signet found
}
if [[ $funcstack[1] == _signet ]]; then _signet "$@"; else compdef _signet signet; fi
)"},
    {"fish", "signet.fish", R"(# Completion of signet for fish: the program itself knows what may follow.
function __signet_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        switch $line
            case :file
                __fish_complete_path $words[-1]
            case :directory
                __fish_complete_directories $words[-1]
            case '*'
                echo $line
        end
    end
end
complete -c signet -f -a '(__signet_complete)'
)"},
}};

const Shell& find(std::string_view name) {
    for (const auto& shell : k_shells)
        if (shell.name == name) return shell;
    throw base::Error{base::Kind::usage, "there is no completion for " + std::string(name), "use bash, zsh or fish"};
}

}  // namespace

std::vector<std::string> completion_shells() {
    std::vector<std::string> names;
    for (const auto& shell : k_shells) names.emplace_back(shell.name);
    return names;
}

std::string completion_file(std::string_view shell) { return std::string(find(shell).file); }

std::string render_completion(std::string_view shell) { return std::string(find(shell).script); }

}  // namespace signet::cli
