#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace signet::cli {

/// The shells that completion is written for: "bash", "zsh", "fish".
std::vector<std::string> completion_shells();
/// The file that a package installs: "signet.bash", "_signet", "signet.fish".
std::string completion_file(std::string_view shell);
/// A short script that asks `signet __complete` for every word, so that it never falls behind the program.
std::string render_completion(std::string_view shell);

}  // namespace signet::cli
