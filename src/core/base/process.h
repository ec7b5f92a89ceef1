#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace signet::base {

struct ProcessRequest {
    std::vector<std::string> arguments;  // arguments[0] is looked up in the system directories only
    std::map<std::string, std::string>
        environment;    // all there is, beside PATH of the system directories, HOME and LANG
    std::string input;  // on standard input, then end of file
    std::chrono::milliseconds deadline =
        std::chrono::seconds(30);         // then SIGTERM, two seconds later SIGKILL to its group
    std::stop_token stop = {};            // the same, at once
    std::size_t output_limit = 64 << 10;  // further output is read and dropped
};

struct ProcessResult {
    int exit_code = -1;  // 128 + signal when a signal ended it
    bool timed_out = false;
    bool stopped = false;  // by `stop`
    std::string output;    // standard output
    std::string errors;    // standard error
};

/// Runs a program directly: never a shell, no descriptor inherited but the three standard ones, a process group of
/// its own. Throws environment when it cannot be started. Thread-safe.
ProcessResult run_process(const ProcessRequest& request);

}  // namespace signet::base
