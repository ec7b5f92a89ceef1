#pragma once

#include <string>

namespace signet::bench {

struct Options {
    std::string directory;
    std::string label;
    std::string suffix = "load.example.com";
    int clients = 1;
    double seconds = 5;     // the clock stops then, unless `orders` ends it before
    int orders = 0;         // 0: no end but the clock
    int prepare = 10'000;   // keys and CSRs made before the clock starts; further ones are made on it, and reported
    int warmup = 2;         // orders of each client before the clock starts
    int pid = 0;            // the server's process
    bool nonces = false;    // HEAD newNonce only
    bool awaiting = false;  // only wait until the directory answers, and print when that was
    std::string http01;     // ADDRESS:PORT to answer http-01 on; empty: the server validates nothing
    std::string dns;        // ADDRESS:PORT to answer every A question on with the address of `http01`
    std::string store;      // a directory whose size is reported
    int timeout = 3;        // seconds without an answer (or without any certificate) that count as hung
};

/// Throws bad_input naming the word that is wrong.
Options parse_options(int count, char** words);
extern const char* const k_usage;

}  // namespace signet::bench
