#pragma once

#include <chrono>
#include <optional>

namespace signet::server {

/// Sockets that systemd has opened for this process (sd_listen_fds(3)); -1: none.
struct InheritedSockets {
    int https = -1, http = -1;
};
/// By FileDescriptorName= "https" and "http"; without these names the first is HTTPS and the second HTTP. Reads the
/// environment once and clears it there. Throws environment for more sockets than there are listeners.
InheritedSockets inherited_sockets();

/// How often systemd wants to hear WATCHDOG=1 (half of WatchdogSec=); nullopt: it does not ask this process.
std::optional<std::chrono::microseconds> watchdog_interval();

/// Says RELOADING=1 at once and READY=1 at its end (sd_notify(3)).
class ReloadNotice {
public:
    ReloadNotice();
    ~ReloadNotice();
    ReloadNotice(const ReloadNotice&) = delete;
};

}  // namespace signet::server
