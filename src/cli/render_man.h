#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"

namespace signet::cli {

struct ManPage {
    std::string file;  // "signet-fetch.1"
    std::string text;  // man(7) macros
};

/// signet.1, one page for each group and command, signet.toml.5,
/// signet-emergency.7, signet-mtls.7, signet-spiffe.7, signet-events.7. The same input gives the same bytes.
std::vector<ManPage> render_man(const CommandTable& table);

}  // namespace signet::cli
