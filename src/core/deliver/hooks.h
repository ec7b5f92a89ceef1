#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/file.h"
#include "x509/certificate.h"

namespace signet::deliver {

/// The facts a hook gets as SIGNET_HOOK_DIR, _NAMES, _SERIAL, _OLD_SERIAL, _NOT_AFTER, _CERT, _KEY, _CA.
struct HookFacts {
    base::Path directory;
    x509::Certificate leaf;
    std::string old_serial;  // empty for the first
};

struct HookOutcome {
    bool ok;
    std::string message;  // "hook exited with 3: …last line of its standard error…"
};

/// Throws usage for an --exec that run_hook could not split, or that names no program; an empty one runs nothing.
void check_command(const std::string& command);
/// --exec: split as a shell splits quotes, expanded in no way, run directly with a clean environment and a deadline.
HookOutcome run_hook(const std::string& command, const HookFacts& facts);
/// Throws usage for a --signal that is neither HUP:PIDFILE nor HUP:exe=/PATH; USR1, USR2, INT, QUIT, TERM and WINCH may
/// stand for HUP.
void check_signal(const std::string& target);
/// Sends it: to the process whose number is the first line of PIDFILE, or to all that run PATH. Throws usage as above.
HookOutcome send_signal(const std::string& target);

}  // namespace signet::deliver
