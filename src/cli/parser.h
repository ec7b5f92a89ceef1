#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace signet::cli {

/// The value of an environment variable; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// What the line asks for. Neither: the whole program (`signet --help`).
struct Parsed {
    const Command* command = nullptr;
    const Group* group = nullptr;
};

/// The words that name a command, on a line that need not make sense: the best guess.
Parsed command_named(const CommandTable& table, const std::vector<std::string>& words);

/// Reads the words after the program's name into the targets of the global options and of one command; then what the
/// line left open from SIGNET_<OPTION>. With --help on the line nothing else is required of it. Throws usage naming
/// the word and the nearest known one.
Parsed parse(const CommandTable& table, Globals& globals, const std::vector<std::string>& words,
             const Environment& environment);

}  // namespace signet::cli
