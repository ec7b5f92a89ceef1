#pragma once

#include <mutex>
#include <vector>

#include "base/time.h"

namespace signet::test {

/// A clock that stands still until it is moved; waiting moves it on at once and is recorded. Thread-safe.
class ManualClock final : public base::Clock {
public:
    explicit ManualClock(base::Time start = base::from_unix(1'800'000'000)) : now_(start) {}  // 2027-01-15T08:00:00Z

    base::Time now() const override {
        const std::lock_guard lock(mutex_);
        return now_;
    }
    base::Duration steady() const override {
        const std::lock_guard lock(mutex_);
        return steady_;
    }
    bool wait_until(base::Time when, std::stop_token stop) override {
        const std::lock_guard lock(mutex_);
        if (stop.stop_requested()) return false;
        waits_.push_back(when - now_);
        if (when > now_) pass(when - now_);
        return true;
    }

    void set(base::Time time) {
        const std::lock_guard lock(mutex_);
        now_ = time;
    }
    /// Time passes; a negative span sets the clock back, as `set` sets it either way.
    void advance(base::Duration by) {
        const std::lock_guard lock(mutex_);
        if (by > base::Duration::zero())
            pass(by);
        else
            now_ += by;
    }
    /// How long each wait was for, in order; what was past already is not positive.
    std::vector<base::Duration> waits() const {
        const std::lock_guard lock(mutex_);
        return waits_;
    }

private:
    void pass(base::Duration span) {
        now_ += span;
        steady_ += span;
    }
    mutable std::mutex mutex_;
    base::Time now_;
    base::Duration steady_{0};
    std::vector<base::Duration> waits_;
};

}  // namespace signet::test
