#pragma once

#include <string>

namespace signet::bench {

struct Options {
    std::string directory;
    std::string label;
    std::string suffix = "load.example.com";
    int clients = 1;
    double seconds = 5;    // the clock stops then, unless `orders` ends it before
    int orders = 0;        // 0: no end but the clock
    int prepare = 10'000;  // keys and CSRs made before the clock starts; further ones are made on it, and reported
    int warmup = 2;        // orders of each client before the clock starts
    int pid = 0;           // the server's process
    int timeout = 3;       // seconds without an answer (or without any certificate) that count as hung
};

/// Throws bad_input naming the word that is wrong.
Options parse_options(int count, char** words);
extern const char* const k_usage;

}  // namespace signet::bench
