#include "cli/run.h"

#include <unistd.h>

#include <algorithm>
#include <new>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "cli/complete.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/render_help.h"
#include "cli/version.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

Output::Settings output_settings(const Globals& globals, const Environment& environment, Streams streams) {
    const bool dumb = environment("TERM").value_or("") == "dumb";
    const bool colour = environment("NO_COLOR").value_or("").empty() && !dumb;
    return {.json = globals.json,
            .quiet = globals.quiet,
            .colour_out = colour && ::isatty(streams.out) == 1,
            .colour_err = colour && ::isatty(streams.err) == 1,
            .terminal_out = ::isatty(streams.out) == 1,
            .terminal_err = !dumb && ::isatty(streams.err) == 1};
}

void set_up_log(const Globals& globals) {
    using enum base::Level;
    const auto level = globals.quiet ? error : globals.verbose > 1 ? debug : globals.verbose == 1 ? info : warning;
    base::configure_log({.level = level, .json = globals.json, .timestamps = false});
}

int run_command(const Parsed& parsed, const Globals& globals, const CommandTable& table, Seams& seams, Output& out) {
    if (globals.help || !parsed.command) {
        out.text(render_help(table, parsed));
        return k_exit_done;
    }
    const bool locked = crypto::keep_keys_apart(parsed.command->key_memory);
    Context context{.globals = globals, .table = table, .seams = seams, .out = out, .keys_locked = locked};
    return parsed.command->run(context);
}

// Before CLI11, which is ten times the work.
bool wants_version(const std::vector<std::string>& words) {
    return words.size() == 1 && (words.front() == "--version" || words.front() == "-V");
}

// An error in the line itself is printed as the line asked, though it was not understood.
bool mentions_json(const std::vector<std::string>& words, const Environment& environment) {
    const auto set = environment("SIGNET_JSON").value_or("");
    return std::find(words.begin(), words.end(), "--json") != words.end() || set == "1" || set == "true";
}

int dispatch(const std::vector<std::string>& words, const Environment& environment, Seams& seams, Streams streams,
             Globals& globals, std::optional<int>& error_exit) {
    if (wants_version(words)) {
        Output out{streams.out, streams.err, {}};
        out.line(version_line());
        out.flush();
        return k_exit_done;
    }
    const CommandTable table = command_table(globals);
    if (!words.empty() && words.front() == "__complete") {
        Output out{streams.out, streams.err, {}};
        out.text(complete(table, {words.begin() + 1, words.end()}, environment));
        out.flush();
        return k_exit_done;
    }
    // A line that cannot be read is an error of the command that it seems to name.
    if (const auto* command = command_named(table, words).command) error_exit = command->error_exit;
    const Parsed parsed = parse(table, globals, words, environment);
    error_exit = parsed.command ? parsed.command->error_exit : std::nullopt;
    set_up_log(globals);
    Output out{streams.out, streams.err, output_settings(globals, environment, streams)};
    const int code = run_command(parsed, globals, table, seams, out);
    out.flush();
    return code;
}

}  // namespace

int run(const std::vector<std::string>& words, const Environment& environment, Seams& seams, Streams streams) {
    Globals globals;
    std::optional<int> error_exit;
    const auto failed = [&](const Error& error) {
        globals.json = globals.json || mentions_json(words, environment);
        Output{streams.out, streams.err, output_settings(globals, environment, streams)}.error(error);
        return error_exit.value_or(exit_code(error.kind()));
    };
    try {
        return dispatch(words, environment, seams, streams, globals, error_exit);
    } catch (const Error& error) {
        return failed(error);
    } catch (const std::bad_alloc&) {
        return failed(Error{Kind::environment, "out of memory"});
    } catch (const std::exception& error) {
        return failed(Error{Kind::internal, std::string("this is a bug of signet: ") + error.what(),
                            "report it with the command line and the output of 'signet version'"});
    }
}

}  // namespace signet::cli
