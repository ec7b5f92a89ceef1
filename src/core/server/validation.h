#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "net/resolver.h"
#include "server/live.h"
#include "server/metrics.h"
#include "server/validation_queue.h"
#include "store/store.h"

namespace signet::server {

/// Challenges on their way from processing to valid or invalid. What is due stands in the store (state processing, time
/// of the next attempt), so that a restarted server goes on where the former one stopped; the queue here only says
/// which worker takes what when. A worker loads what it works on, asks the challenge's table row, and writes the result
/// through one transaction. At most `concurrency` of one challenge type at once, and accounts take turns: targets that
/// stall hold up neither other types nor other accounts. Thread-safe.
class Validation {
public:
    /// Makes a thread, or throws std::system_error.
    using MakeThread = std::function<std::thread(std::function<void()> work)>;

    Validation(store::Store& store, net::Resolver& resolver, base::Clock& clock, const LiveBox& live, Metrics& metrics,
               MakeThread make_thread = make_std_thread)
        : store_(store),
          resolver_(resolver),
          clock_(clock),
          live_(live),
          metrics_(metrics),
          make_thread_(std::move(make_thread)) {}
    ~Validation() { stop(); }

    /// Takes up what the store has in processing, and lets workers run. Throws environment when the system gives no
    /// thread; when it gives fewer than are needed later on, there are fewer.
    void start();
    /// Lets running attempts end (each has its time limit) and starts no other; what is left stays in the store.
    void stop();
    /// Runs all that waits on the caller's thread, moving the clock on to each one's time.
    void run_all();

    /// One that waits or runs already stays as it is.
    void enqueue(std::string challenge, std::string type, std::string account, base::Time due);
    /// Whether so many wait, of this account or of all, that another one must be put off.
    bool full(const std::string& account) const;
    struct Depth {
        std::size_t waiting, running;
    };
    Depth depth() const;

private:
    using Job = ValidationQueue::Job;

    void take_up();
    void work();
    int places() const;
    static std::thread make_std_thread(std::function<void()> work) { return std::thread(std::move(work)); }
    void add_worker();
    void make_worker();
    void wait_for_work(std::unique_lock<std::mutex>& lock);
    std::optional<base::Time> run(const Job& job);

    store::Store& store_;
    net::Resolver& resolver_;
    base::Clock& clock_;
    const LiveBox& live_;
    Metrics& metrics_;
    const MakeThread make_thread_;

    mutable std::mutex mutex_;  // guards all below; never held while an attempt runs
    std::condition_variable changed_;
    ValidationQueue queue_;
    std::size_t idle_ = 0;
    bool started_ = false, stopping_ = false;
    bool short_of_threads_ = false;  // and the log knows
    std::vector<std::thread> workers_;
};

}  // namespace signet::server
