#pragma once

#include <string>
#include <vector>

#include "cli/parser.h"
#include "cli/seams.h"

namespace signet::cli {

/// Where results and everything else go.
struct Streams {
    int out = 1;
    int err = 2;
};

/// One run of the program: reads the line, runs the command, prints its result or the error. Returns the exit code
/// and throws nothing.
int run(const std::vector<std::string>& words, const Environment& environment, Seams& seams, Streams streams = {});

}  // namespace signet::cli
