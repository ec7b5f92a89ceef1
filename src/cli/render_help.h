#pragma once

#include <string>
#include <vector>

#include "cli/parser.h"

namespace signet::cli {

/// Help for a command, a group, or the whole program: 80 columns, plain text.
std::string render_help(const CommandTable& table, const Parsed& what);

/// "signet fetch [OPTION]... NAME...": shared with the man pages.
std::string usage_line(const Command& command);
/// What is common to all commands, with the command's own words where it has them.
std::vector<ExitCode> exit_codes_of(const Command& command);
/// "--key-type TYPE", "-q, --quiet"
std::string option_words(const Option& option);
/// "one of ec-p256, …; default: ec-p256; may be given repeatedly": what follows the option's text.
std::vector<std::string> option_remarks(const Option& option);
/// The headings of the command's options in their order, each with its options.
std::vector<std::pair<std::string, std::vector<const Option*>>> option_groups(const Command& command);

}  // namespace signet::cli
