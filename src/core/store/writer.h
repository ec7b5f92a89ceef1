#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "store/database.h"

namespace signet::store {

/// Group commit. Whoever comes first leads: it takes what waits, runs it in one transaction with a savepoint each,
/// makes one durable commit and wakes the others; what came meanwhile is the next leader's. A caller that is alone pays
/// for one commit and no thread. Thread-safe; `work` must not call write() itself.
///
/// A closure runs again when the transaction it shared was lost: another closure met a full disk, or the commit
/// reported a conflict with another server. Whatever else a failed commit reports goes to all its callers.
class Writer {
public:
    explicit Writer(std::unique_ptr<Database> database);

    /// Returns when `work` is durable; throws what it threw, with only its own changes undone, or why the commit
    /// failed.
    void write(const std::function<void(Transaction&)>& work);

private:
    struct Request {
        const std::function<void(Transaction&)>& work;
        std::condition_variable woken{};
        std::exception_ptr error{};
        bool leads = false;
        bool done = false;
    };

    void lead(std::unique_lock<std::mutex>& lock, Request& own);
    void make_way(bool crowded);
    void run_batch() noexcept;
    bool attempt(std::exception_ptr& failure);
    bool run_one(Request& request);

    std::mutex mutex_;
    std::deque<Request*> waiting_;
    bool led_ = false;
    // The leader's alone:
    std::unique_ptr<Database> database_;
    std::vector<Request*> batch_;
    std::chrono::steady_clock::time_point crowded_since_;
    bool crowded_ = false;
};

}  // namespace signet::store
