#pragma once

#include <string>

namespace signet::bench {

/// What /proc says of a running server. Zeros when there is no such process.
struct ServerUse {
    double cpu_seconds = 0;  // user and system, in steps of 10 ms
    double resident_mb = 0;
    double anonymous_mb = 0;  // without what is mapped from files
    double peak_mb = 0;
    double written_kb = 0;  // sent to the disk
    int threads = 0;
};
ServerUse server_use(int pid);

/// The blocks that the files below take on the disk, in bytes; 0 without such a directory.
double disk_use(const std::string& directory);

}  // namespace signet::bench
