#include "server/process_facts.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <memory>
#include <string>

namespace signet::server {
namespace {

std::uint64_t size_of(const base::Path& file) {
    struct stat facts {};
    return ::stat(file.c_str(), &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double resident_bytes() {
    std::ifstream file("/proc/self/statm");  // proc(5): size and resident, in pages
    double size = 0, resident = 0;
    file >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
    if (!directory) return 0;
    int count = -3;  // itself, and the two dots
    while (::readdir(directory.get()) != nullptr) ++count;
    return count;
}

double start_time() {
    static const auto started = static_cast<double>(std::time(nullptr));
    return started;
}

}  // namespace

std::uint64_t database_size(const store::Layout& layout) {
    auto log = layout.database();
    log += "-wal";
    return size_of(layout.database()) + size_of(log);
}

void write_process_facts(base::MetricsText& out) {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    out.counter("process_cpu_seconds_total", "User and system CPU time of this process.",
                seconds(usage.ru_utime) + seconds(usage.ru_stime));
    out.gauge("process_resident_memory_bytes", "Resident memory of this process.", resident_bytes());
    out.gauge("process_open_fds", "Open file descriptors of this process.", open_descriptors());
    out.gauge("process_max_fds", "File descriptors that this process may have.", static_cast<double>(limit.rlim_cur));
    out.gauge("process_start_time_seconds", "When this process began to serve.", start_time());
    out.family("signet_build_info", base::MetricsText::Type::gauge, "Always 1; which build this is.");
    out.sample({{"version", SIGNET_VERSION}}, std::uint64_t{1});
}

}  // namespace signet::server
