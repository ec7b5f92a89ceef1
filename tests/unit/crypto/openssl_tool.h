#pragma once

#include <doctest/doctest.h>

#include "base/process.h"

namespace signet::test {

/// What the openssl command prints; it must succeed.
inline std::string openssl(std::vector<std::string> arguments, std::string input = {}) {
    arguments.insert(arguments.begin(), "openssl");
    const base::ProcessResult result = base::run_process({.arguments = arguments, .input = std::move(input)});
    CAPTURE(base::ProcessResult(result).errors);
    REQUIRE(result.exit_code == 0);
    return result.output;
}

}  // namespace signet::test
