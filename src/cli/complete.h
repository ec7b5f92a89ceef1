#pragma once

#include <string>
#include <vector>

#include "cli/parser.h"

namespace signet::cli {

/// What may stand where the last of `words` stands: one candidate a line, a tab, its explanation. A line ":file" or
/// ":directory" asks the shell for path names. Reads the store's profiles and authorities where they are asked for;
/// never fails.
std::string complete(const CommandTable& table, const std::vector<std::string>& words, const Environment& environment);

}  // namespace signet::cli
