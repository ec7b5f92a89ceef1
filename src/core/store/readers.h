#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "store/database.h"

namespace signet::store {

/// A few read connections, opened when they are first needed. Thread-safe; beyond their number callers wait, so `work`
/// must not read through the same Readers again.
class Readers {
public:
    explicit Readers(std::function<std::unique_ptr<Database>()> open) : open_(std::move(open)) {}

    /// Runs `work` in a read transaction of one connection: one snapshot.
    void read(const std::function<void(Transaction&)>& work);

private:
    std::unique_ptr<Database> take();
    void give_back(std::unique_ptr<Database> database);

    std::function<std::unique_ptr<Database>()> open_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Database>> idle_;
    int in_use_ = 0;
};

}  // namespace signet::store
