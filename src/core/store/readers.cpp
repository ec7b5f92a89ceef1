#include "store/readers.h"

namespace signet::store {

namespace {

constexpr int k_connections = 8;  // reads are short and from memory: more would only add caches

}  // namespace

void Readers::read(const std::function<void(Transaction&)>& work) {
    auto database = take();
    try {
        database->begin(false);
        Transaction transaction(*database);
        work(transaction);
        database->commit();
    } catch (...) {
        database->rollback();
        give_back(std::move(database));
        throw;
    }
    give_back(std::move(database));
}

std::unique_ptr<Database> Readers::take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return in_use_ < k_connections; });
    ++in_use_;
    if (!idle_.empty()) {
        auto database = std::move(idle_.back());
        idle_.pop_back();
        return database;
    }
    lock.unlock();
    try {
        return open_();
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

void Readers::give_back(std::unique_ptr<Database> database) {
    {
        const std::lock_guard lock(mutex_);
        --in_use_;
        if (database) idle_.push_back(std::move(database));
    }
    returned_.notify_one();
}

}  // namespace signet::store
