#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/file.h"
#include "base/time.h"
#include "crypto/key.h"

namespace signet::cli {

struct Context;

/// Where a value goes. The type decides what text is accepted (cli/assign.cpp); bool is a flag without a value,
/// vectors may be given repeatedly.
using Target =
    std::variant<bool*, int*, std::string*, base::Path*, std::vector<std::string>*, std::vector<base::Path>*,
                 std::optional<bool>*, std::optional<int>*, std::optional<std::string>*, std::optional<base::Path>*,
                 std::optional<base::Duration>*, std::optional<base::Time>*, std::optional<crypto::KeyType>*>;

/// What a shell may offer for a value.
enum class Complete { nothing, file, directory, values, profile, authority, saved_certificate, order, token, account };

/// One `--option`. From it come the parser, --help, SIGNET_NAME, the man page and completion.
struct Option {
    std::string name;        // "key-type": `--key-type`, SIGNET_KEY_TYPE
    std::string label = {};  // "TYPE"; empty for flags
    std::string text = {};   // a sentence without a final period
    Target target = static_cast<bool*>(nullptr);
    bool required = false;
    char letter = 0;                        // 'q': `-q` too
    std::vector<std::string> values = {};   // the only texts accepted; empty: any. Take them from the core tables
    bool comma_separated = false;           // each value is a list: "pem,p12"; `values` holds for each member
    Complete complete = Complete::nothing;  // Complete::values is implied by `values`
    std::string default_text = {};          // what happens without it, for help: "24h", "certificates/<first name>"
    std::string setting = {};  // the key of signet.toml that it overrides: "server.listen"; for the man page
    bool environment = true;   // false: never read from SIGNET_…
    std::vector<std::string> conflicts = {};  // names of options that may not stand beside it
    std::string group = {};                   // heading in help; empty: "Options"
};
using Options = std::vector<Option>;

/// A word without dashes, in the order of the records. Only the last may be `many`.
struct Argument {
    std::string label;  // "NAME"
    std::string text = {};
    Target target = static_cast<std::string*>(nullptr);  // a vector when many
    bool required = false;
    bool many = false;
    Complete complete = Complete::nothing;
    std::vector<std::string> values = {};
};

struct Example {
    std::string command;  // "signet issue worker-1.internal"
    std::string text;     // what it does, in one line
};

/// What an exit code means to this command: for help and man page. Without rows: the codes that all commands share.
struct ExitCode {
    int code;
    std::string text;
};

/// One command. `cmd_NAME.cpp` returns it; commands.cpp lists them all; nothing else needs to know.
///
///     Command version_command() {
///         struct Words { bool short_form = false; };
///         auto words = std::make_shared<Words>();
///         return {.name = "version", .summary = "…", .options = {{.name = "short", .text = "…", .target =
///         &words->short_form}},
///                 .run = [words](Context& context) { return run(context, *words); }};
///     }
struct Command {
    std::string name;              // "fetch", "ca init"
    std::string summary;           // imperative, no final period, under 60 characters
    std::string description = {};  // paragraphs separated by an empty line; lines are filled, unless indented
    std::vector<Argument> arguments = {};
    Options options = {};
    std::vector<Example> examples = {};
    std::vector<ExitCode> exit_codes = {};
    std::vector<std::string> see_also = {};  // command names
    bool reads_environment = true;           // false: only the global options are read from SIGNET_…
    std::optional<int> error_exit = {};      // instead of the codes that all commands share
    bool hidden = false;                     // neither in help nor in man pages
    std::size_t key_memory = 512 << 10;      // locked memory for its private keys, a power of two
    std::function<int(Context&)> run = {};   // returns the exit code; throws base::Error
};

/// The word before several commands: "ca" of "ca init".
struct Group {
    std::string name;
    std::string summary;
    std::string description = {};
};

/// `signet [--store DIR] …`: the options that may stand anywhere on the line.
struct Globals {
    std::optional<base::Path> store;
    std::optional<base::Path> config;
    std::optional<base::Path> passphrase_file;
    bool json = false;
    bool quiet = false;
    int verbose = 0;  // -v given so many times
    bool help = false;
};

}  // namespace signet::cli
