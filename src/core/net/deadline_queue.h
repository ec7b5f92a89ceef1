#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <queue>
#include <vector>

namespace signet::net {

/// Who is to be looked at when: a heap of (time, id). An entry is a reminder, not a verdict: whoever pops it asks the
/// object for its deadline and pushes it again if that has moved on. Thread-safe.
class DeadlineQueue {
public:
    using Time = std::chrono::steady_clock::time_point;
    struct Entry {
        Time when;
        std::uint64_t id;
        friend bool operator>(const Entry& a, const Entry& b) { return a.when > b.when; }
    };

    /// True when this is now the earliest entry: a sleeper must be woken.
    bool push(Time when, std::uint64_t id) {
        const std::lock_guard lock(mutex_);
        heap_.push({when, id});
        return heap_.top().when == when;
    }
    std::optional<Time> next() const {
        const std::lock_guard lock(mutex_);
        return heap_.empty() ? std::nullopt : std::optional(heap_.top().when);
    }
    /// The earliest entry that is due at `now`.
    std::optional<Entry> pop_due(Time now) {
        const std::lock_guard lock(mutex_);
        if (heap_.empty() || heap_.top().when > now) return std::nullopt;
        const Entry entry = heap_.top();
        heap_.pop();
        return entry;
    }
    std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return heap_.size();
    }

private:
    mutable std::mutex mutex_;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace signet::net
