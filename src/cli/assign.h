#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace signet::cli {

bool is_flag(const Target& target);  // takes no value
bool is_many(const Target& target);  // may be given repeatedly

/// Reads `texts` into `target` by its type; `what` ("--validity", "SIGNET_VALIDITY", "NAME") and `values` are for the
/// check and the message. Flags take true, yes, on, 1 and their opposites. Throws usage.
void assign(const Target& target, const std::vector<std::string>& texts, const std::string& what,
            const std::vector<std::string>& values, bool comma_separated);

}  // namespace signet::cli
