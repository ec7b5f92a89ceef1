#include "bench/server_process.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace signet::bench {

ServerUse server_use(int pid) {
    ServerUse use;
    const std::string directory = "/proc/" + std::to_string(pid);
    std::ifstream stat(directory + "/stat");
    std::string line;
    if (pid <= 0 || !std::getline(stat, line)) return use;
    std::istringstream fields(line.substr(line.rfind(')') + 1));  // the name before it may hold anything
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    use.cpu_seconds = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::ifstream status(directory + "/status");
    while (std::getline(status, line)) {
        if (line.starts_with("VmRSS:")) use.resident_mb = std::stod(line.substr(6)) / 1024;
        if (line.starts_with("VmHWM:")) use.peak_mb = std::stod(line.substr(6)) / 1024;
    }
    return use;
}

}  // namespace signet::bench
