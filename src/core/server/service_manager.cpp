#include "server/service_manager.h"

#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "server/readiness.h"

namespace signet::server {
namespace {

constexpr int k_first_descriptor = 3;  // SD_LISTEN_FDS_START

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : value;
}

// Set for this process, and not for one that started it.
bool for_us(const std::string& pid) { return pid == std::to_string(::getpid()); }

std::int64_t number(const std::string& text) {
    constexpr std::size_t k_most_digits = 15;
    const bool plain = !text.empty() && text.size() <= k_most_digits && base::is_digits(text);
    return plain ? std::stoll(text) : 0;
}

}  // namespace

InheritedSockets inherited_sockets() {
    const auto count = for_us(variable("LISTEN_PID")) ? number(variable("LISTEN_FDS")) : 0;
    const auto names_text = variable("LISTEN_FDNAMES");
    const auto names = base::split(names_text, ':');
    InheritedSockets sockets;
    for (int i = 0; i < count; ++i) {
        const auto place = static_cast<std::size_t>(i);
        const bool named = place < names.size() && (names[place] == "https" || names[place] == "http");
        auto& socket = (named ? names[place] == "https" : sockets.https < 0) ? sockets.https : sockets.http;
        if (socket >= 0) {
            throw base::Error{base::Kind::environment, "systemd passed more sockets than there are listeners",
                              "pass one with FileDescriptorName=https and at most one with =http"};
        }
        socket = k_first_descriptor + i;
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    return sockets;
}

std::optional<std::chrono::microseconds> watchdog_interval() {
    const auto pid = variable("WATCHDOG_PID");
    const auto limit = number(variable("WATCHDOG_USEC"));
    if (limit <= 0 || (!pid.empty() && !for_us(pid))) return std::nullopt;
    return std::chrono::microseconds(limit / 2);
}

ReloadNotice::ReloadNotice() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto microseconds = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
    notify_service_manager("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

ReloadNotice::~ReloadNotice() { notify_service_manager("READY=1"); }

}  // namespace signet::server
