#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/seams.h"
#include "cli/settings.h"

namespace signet::cli {

struct CommandTable;

/// What a command gets beside its own options.
struct Context {
    const Globals& globals;
    const CommandTable& table;  // for help, completion and description
    Seams& seams;
    Output& out;
    bool keys_locked = true;  // the memory of private keys is never swapped out

    /// --store, SIGNET_STORE or the default. The directory need not exist.
    base::Path store() const;
    /// --config, else signet.toml of the store. The file need not exist.
    base::Path settings_file() const;
    /// Read at each call; a file that is not there gives the built-in settings, unless --config named it.
    Settings settings() const;
};

}  // namespace signet::cli
