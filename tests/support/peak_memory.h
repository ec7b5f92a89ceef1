#pragma once

#include <fstream>
#include <sstream>
#include <string>

namespace signet::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool k_sanitized = true;  // memory is not what it is otherwise, and all takes ten times as long
#else
constexpr bool k_sanitized = false;
#endif

/// How much resident memory something took at its highest, beyond what there was before. The kernel's high-water mark
/// is reset first, so that an earlier test's peak hides nothing; where it cannot be, only growth beyond that peak is
/// seen.
class PeakMemory {
public:
    PeakMemory() {
        std::ofstream("/proc/self/clear_refs") << "5";
        before_ = kib_of("VmHWM:");
    }
    long grown_kib() const { return kib_of("VmHWM:") - before_; }

private:
    static long kib_of(const std::string& field) {
        std::ifstream status("/proc/self/status");
        for (std::string line; std::getline(status, line);) {
            if (!line.starts_with(field)) continue;
            long kib = 0;
            std::istringstream(line.substr(field.size())) >> kib;
            return kib;
        }
        return 0;
    }
    long before_ = 0;
};

}  // namespace signet::test
