#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/process.h"

namespace signet::test {

/// Standard output and error together of a program that we did not write; "exit N: " stands before them when it failed.
inline std::string run(std::vector<std::string> arguments, std::string input = {}) {
    base::ProcessRequest request;
    request.arguments = std::move(arguments);
    request.input = std::move(input);
    request.output_limit = 16 << 20;
    const base::ProcessResult result = base::run_process(request);
    const std::string lead = result.exit_code == 0 ? "" : "exit " + std::to_string(result.exit_code) + ": ";
    return lead + result.output + result.errors;
}

/// Is the program installed? For tests that skip with a reason where it is not.
inline bool installed(const std::string& program) {
    try {
        run({program, "--version"});
        return true;
    } catch (const base::Error&) {
        return false;
    }
}

}  // namespace signet::test
