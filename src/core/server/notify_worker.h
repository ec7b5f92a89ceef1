#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "server/notifier.h"

namespace signet::server {

/// The thread of a running server that tells what happens, by whatever process of the store it was done. Thread-safe.
class NotifyWorker {
public:
    NotifyWorker(store::Store& store, base::Clock& clock, MakeTransport make_transport);
    /// From now on by these; nobody hears what happens while they name nobody.
    void configure(const NotifySettings& settings);
    void start();
    /// Ends what it is at, within the time that one event may take.
    void stop();

private:
    void work(const std::stop_token& stop);
    bool tell(const std::stop_token& stop);

    store::Store& store_;
    Notifier notifier_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    NotifySettings settings_;
    std::jthread thread_;
};

}  // namespace signet::server
