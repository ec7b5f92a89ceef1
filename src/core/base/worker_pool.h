#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace signet::base {

/// A fixed number of threads over a bounded queue. Tasks must not throw (what escapes is logged and dropped).
class WorkerPool {
public:
    WorkerPool(std::size_t threads, std::size_t queue_limit);
    /// Runs what is queued, then joins.
    ~WorkerPool();

    /// False, and nothing queued, when the queue is full or the pool is stopping.
    bool submit(std::function<void()> task);
    void stop();

private:
    void run();
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::function<void()>> queue_;
    std::size_t limit_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace signet::base
