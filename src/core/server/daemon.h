#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/random.h"
#include "base/time.h"
#include "net/resolver.h"
#include "server/app.h"
#include "server/notify_delivery.h"
#include "store/store.h"

namespace signet::server {

/// What a server process is made of: the App, its listeners and its own certificate, and what a process owes its
/// surroundings (signals, settings that change, readiness).
struct DaemonRequest {
    store::Store& store;
    std::shared_ptr<ca::KeyOpener> keys;
    base::Clock& clock;
    base::Random& random;
    std::function<std::unique_ptr<net::Resolver>(const std::string& server)> make_resolver;
    MakeTransport make_transport;  // for events
    /// The configuration as it stands now, flags merged in. Throws what cannot be used.
    std::function<Configuration()> load;
    /// Says to the audit log that a changed configuration is in force.
    std::function<void()> note_settings;
    base::Path settings_file;                              // watched
    std::function<void(const std::string& url)> announce;  // the ready line
};

/// Serves until SIGTERM or SIGINT, then finishes what runs and returns, within ten seconds. SIGHUP and a changed
/// settings file are read again; what cannot be used is logged and the settings in force stay. Call it on the main
/// thread, before any other thread is made: it blocks these signals for all. Throws store_busy when another one serves
/// this store, environment for a port in use.
void run_daemon(const DaemonRequest& request);

}  // namespace signet::server
