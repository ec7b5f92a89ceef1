#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/lock.h"
#include "deliver/hooks.h"

namespace signet::client {

/// How a service learns of new files: a program to run, a process to signal. Either may be empty.
struct Activation {
    std::string exec;
    std::string signal;
    bool empty() const { return exec.empty() && signal.empty(); }
};

/// Held from before the swap until the hook is done, so that a run beside this one does not run the hook too.
using ActivationLock = std::optional<base::FileLock>;

/// Remembers in DIR/.signet that a change is owed to the service, before the change is made: a crash between swap and
/// hook is made good by the next run. Writes nothing for an empty activation. The serial that stands there now is kept
/// as the old one, unless an earlier one is owed still.
ActivationLock owe_activation(const base::Path& directory, const Activation& hooks);

struct ActivationResult {
    bool ok = true;
    std::string message;  // why not
};

/// What one run has signalled already: a process is told once, however many certificates changed.
using SignalsSent = std::map<std::string, deliver::HookOutcome>;

/// Runs what is owed to the service of `directory`: `own` hooks, else those remembered. Forgets the debt when they
/// succeed. nullopt when nothing is owed, or another process is at it. `held` is the lock of owe_activation, if any.
std::optional<ActivationResult> activate(const base::Path& directory, const x509::Certificate& leaf,
                                         const Activation& own, ActivationLock held, SignalsSent& sent);

/// Puts the debt (back) on record: for a service that still shows the old certificate.
void remember_activation(const base::Path& directory, const Activation& hooks, const std::string& old_serial);

}  // namespace signet::client
