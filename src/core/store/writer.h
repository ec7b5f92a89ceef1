#pragma once

#include <semaphore.h>

#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/metrics.h"
#include "store/database.h"

namespace signet::store {

/// What the group commit did so far. Thread-safe.
struct CommitStatistics {
    CommitStatistics();
    base::Histogram microseconds;  // of one commit, its transaction included
    base::Histogram group;         // closures in it
    base::Counter failed;          // commits that did not come about
};

/// Group commit. Whoever comes first leads: it takes what waits, runs it in one transaction, makes one durable commit
/// and wakes the others; what came meanwhile is the next leader's. A caller that is alone pays for one commit and no
/// thread. Thread-safe; `work` must not call write() itself.
///
/// A closure runs again when the transaction it shared was lost: another closure threw or met a full disk, or the
/// commit reported a conflict with another server. Whatever else a failed commit reports goes to all its callers.
class Writer {
public:
    explicit Writer(std::unique_ptr<Database> database);

    /// Returns when `work` is durable; throws what it threw, with only its own changes undone, or why the commit
    /// failed.
    void write(const std::function<void(Transaction&)>& work);

    const CommitStatistics& statistics() const { return statistics_; }
    std::size_t waiting() const;  // closures that no transaction has taken yet

private:
    enum class Turn { leads, done };
    /// What a thread sleeps on: rung once for each wait, and one system call on either side. A thread that is woken
    /// needs no lock that others hold.
    class Bell {
    public:
        Bell();
        Bell(const Bell&) = delete;
        ~Bell();
        void ring(Turn turn);
        Turn wait();

    private:
        sem_t rung_;
        Turn turn_ = Turn::done;  // of the ringer, then of the one who waited
    };
    struct Request {
        const std::function<void(Transaction&)>& work;
        std::shared_ptr<Bell> bell;
        std::exception_ptr error{};
    };

    static std::shared_ptr<Bell> own_bell();
    void lead(Request& own);
    void take_batch();
    void end_batch(const Request& own);
    void make_way(bool crowded);
    void run_batch() noexcept;
    void account_for(std::chrono::steady_clock::time_point began);
    enum class Outcome { done, threw, lost };  // a closure threw; the transaction is lost, but may be tried again
    Outcome attempt(bool apart, std::exception_ptr& failure);
    bool run_all();
    bool run_one(Request& request);

    mutable std::mutex mutex_;
    std::deque<Request*> waiting_;
    bool led_ = false;
    CommitStatistics statistics_;
    // The leader's alone:
    std::unique_ptr<Database> database_;
    std::vector<Request*> batch_;
    std::chrono::steady_clock::time_point crowded_since_;
    bool crowded_ = false;
};

}  // namespace signet::store
