#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/file.h"
#include "net/deadline_queue.h"
#include "net/http_connection.h"
#include "net/http_server.h"
#include "net/listener.h"
#include "net/peer_count.h"
#include "net/tls_context.h"

namespace signet::net {

/// The engine of HttpServer. Workers wait on one epoll set in which every connection is armed for one event at a time,
/// so that a connection is driven by one thread at a time; one keeper thread accepts and looks after deadlines.
///
/// Connections are named by numbers that are never used again: an event or a deadline for one that is gone finds
/// nothing. Each has a mutex that its driver holds, the handler's run included, so that the keeper, which only tries
/// the lock, can close what is at rest and never meets what is being served.
class HttpServer::Front {
public:
    Front(std::vector<ListenerSettings> listeners, Handler handler, std::size_t threads, HttpLimits limits,
          Refusal refusal);
    ~Front();

    void set_identity(const TlsIdentity& identity);
    void start();
    std::size_t listeners() const { return listeners_.size(); }
    void limit_bodies(std::size_t listener, std::size_t bytes);
    int port(std::size_t listener) const;
    void stop(std::chrono::milliseconds grace);
    const HttpCounters& counters() const { return counters_; }
    std::size_t connections();

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Slot {
        Slot(std::uint64_t number, std::uint64_t of, HttpConnection made)
            : id(number), peer(of), connection(std::move(made)) {}
        const std::uint64_t id, peer;
        std::mutex mutex;
        HttpConnection connection;
        Time reminder = Time::max();  // the earliest entry for it in deadlines_
        bool closed = false;
    };
    using SlotPointer = std::shared_ptr<Slot>;

    void work();
    void keep();
    void wait_for_listeners(Time now);
    void accept_some(Listener& listener);
    void take_or_drop(Listener::Accepted accepted, const Listener& listener);
    void take(Listener::Accepted accepted, const Listener& listener);
    std::optional<std::uint64_t> admit(const std::string& address);
    void look_after_deadlines();
    void close_what_rests();
    /// With the slot's lock held: arms it for what comes next, or closes it.
    void settle(const SlotPointer& slot, HttpConnection::Next next, bool added = true);
    void drive(const SlotPointer& slot, HttpConnection::Next (HttpConnection::*step)());
    void remind(Slot& slot);
    void close(Slot& slot);
    SlotPointer find(std::uint64_t id);
    std::vector<SlotPointer> all();
    void wake_keeper() const;
    TlsContext tls_context();

    const Handler handler_;
    const Refusal refusal_;
    const HttpLimits limits_;
    const std::size_t thread_count_;
    std::atomic<bool> draining_ = false;  // no new connections, no new requests
    std::atomic<bool> stopping_ = false;  // threads end
    HttpCounters counters_;
    const ConnectionContext context_;
    std::deque<Listener> listeners_;
    base::Fd epoll_;
    base::Fd keeper_event_;  // a wake-up call for the keeper
    base::Fd worker_event_;  // stays readable once stopping
    std::mutex tls_mutex_;
    TlsContext tls_context_;
    std::mutex table_mutex_;
    std::condition_variable table_empty_;
    std::unordered_map<std::uint64_t, SlotPointer> table_;
    PeerCount peers_;            // of what is in table_
    std::uint64_t last_id_ = 0;  // keeper only
    DeadlineQueue deadlines_;
    Time accept_again_ = Time::min();  // keeper only: descriptors ran out
    std::vector<std::thread> threads_;
    std::mutex stop_mutex_;
};

}  // namespace signet::net
