#pragma once

namespace signet::bench {

/// What /proc says of a running server. Zeros when there is no such process.
struct ServerUse {
    double cpu_seconds = 0;  // user and system, in steps of 10 ms
    double resident_mb = 0;
    double peak_mb = 0;
};
ServerUse server_use(int pid);

}  // namespace signet::bench
