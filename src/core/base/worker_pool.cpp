#include "base/worker_pool.h"

#include <exception>
#include <utility>

#include "base/log.h"

namespace signet::base {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_limit) : limit_(queue_limit) {
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || queue_.size() >= limit_) return false;
        queue_.push_back(std::move(task));
    }
    ready_.notify_one();
    return true;
}

void WorkerPool::stop() {
    std::vector<std::thread> joining;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        joining.swap(threads_);  // of two callers one joins
    }
    ready_.notify_all();
    for (std::thread& thread : joining) thread.join();
}

void WorkerPool::run() {
    for (;;) {
        std::function<void()> task;
        {
            std::unique_lock lock(mutex_);
            ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            task = std::move(queue_.front());
            queue_.pop_front();
        }
        try {
            task();
        } catch (const std::exception& error) {
            log(Level::error, "a background task failed", {{"error", error.what()}});
        }
    }
}

}  // namespace signet::base
