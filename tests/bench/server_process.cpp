#include "bench/server_process.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
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
        if (line.starts_with("RssAnon:")) use.anonymous_mb = std::stod(line.substr(8)) / 1024;
        if (line.starts_with("Threads:")) use.threads = std::stoi(line.substr(8));
        if (line.starts_with("VmHWM:")) use.peak_mb = std::stod(line.substr(6)) / 1024;
    }
    std::ifstream io(directory + "/io");
    while (std::getline(io, line)) {
        if (line.starts_with("write_bytes:")) use.written_kb = std::stod(line.substr(12)) / 1024;
    }
    return use;
}

double disk_use(const std::string& directory) {
    double bytes = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, error)) {
        struct stat facts {};
        if (::lstat(entry.path().c_str(), &facts) == 0) bytes += static_cast<double>(facts.st_blocks) * 512;
    }
    return bytes;
}

}  // namespace signet::bench
