#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "cli/context.h"

namespace signet::cli {

/// One key of signet.toml with the value in force, and where that comes from.
struct EffectiveSetting {
    std::string table;   // "server", "profile.default.acme"; "" for the keys above the first table
    std::string key;     // "listen"
    std::string value;   // JSON text
    std::string origin;  // "default", "file", "environment"
    int line = 0;        // in the file
    std::string variable = {};

    std::string path() const { return table.empty() ? key : table + "." + key; }
};

/// Every key there is, in the order of signet.toml(5), each table with NAME once for each name. The options of a
/// command, which beat them all, are not known here. Throws bad_input for a file that cannot be used.
std::vector<EffectiveSetting> effective_settings(const Context& context);

}  // namespace signet::cli
