#include "store/writer.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "base/error.h"

namespace signet::store {

using base::Error;
using base::Kind;

namespace {

constexpr std::size_t k_batch = 128;  // beyond that a commit gets no cheaper by the row, only later
constexpr int k_attempts = 3;
constexpr auto k_turn = std::chrono::milliseconds(20);  // then another process gets its chance
constexpr auto k_way = std::chrono::milliseconds(1);

constexpr std::array<std::uint64_t, 12> k_commit_bounds{250,    500,    1'000,   2'500,   5'000,     10'000,
                                                        25'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000};
constexpr std::array<std::uint64_t, 8> k_group_bounds{1, 2, 4, 8, 16, 32, 64, 128};

/// Each caller throws an exception object of its own: they must not share one between threads.
std::exception_ptr own_copy(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return std::make_exception_ptr(Error(error));
    } catch (...) {
        return std::current_exception();
    }
}

bool is_conflict(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return error.kind() == Kind::store_busy;
    } catch (...) {
        return false;
    }
}

}  // namespace

CommitStatistics::CommitStatistics() : microseconds(k_commit_bounds), group(k_group_bounds) {}

Writer::Writer(std::unique_ptr<Database> database) : database_(std::move(database)) { batch_.reserve(k_batch); }

Writer::Bell::Bell() { ::sem_init(&rung_, 0, 0); }
Writer::Bell::~Bell() { ::sem_destroy(&rung_); }

void Writer::Bell::ring(Turn turn) {
    turn_ = turn;
    ::sem_post(&rung_);
}

Writer::Turn Writer::Bell::wait() {
    while (::sem_wait(&rung_) != 0) {
    }
    return turn_;
}

// One a thread. Shared with whoever rings it: a thread that hears it may end before the other is back from ringing.
std::shared_ptr<Writer::Bell> Writer::own_bell() {
    thread_local const auto bell = std::make_shared<Bell>();
    return bell;
}

void Writer::write(const std::function<void(Transaction&)>& work) {
    Request request{work, own_bell()};
    bool leads = false;
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(&request);
        leads = !std::exchange(led_, true);
    }
    if (leads || request.bell->wait() == Turn::leads) lead(request);
    if (request.error) std::rethrow_exception(request.error);
}

std::size_t Writer::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

void Writer::lead(Request& own) {
    take_batch();
    run_batch();
    end_batch(own);
}

void Writer::take_batch() {
    bool crowded = false;
    {
        const std::lock_guard lock(mutex_);
        crowded = waiting_.size() > 1;
        const auto count = std::min(waiting_.size(), k_batch);  // its own request is the first of them
        batch_.assign(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    make_way(crowded);
}

void Writer::end_batch(const Request& own) {
    for (auto* request : batch_) {
        if (request == &own) continue;
        const auto bell = request->bell;  // once it has rung, the request is gone
        bell->ring(Turn::done);
    }
    std::shared_ptr<Bell> next;
    {
        const std::lock_guard lock(mutex_);
        led_ = !waiting_.empty();
        if (led_) next = waiting_.front()->bell;
    }
    if (next) next->ring(Turn::leads);
}

// Between two commits of a busy server the database is free for microseconds only. Now and then it is left alone for
// long enough that another process, which tries every few milliseconds, finds it free.
void Writer::make_way(bool crowded) {
    const auto now = std::chrono::steady_clock::now();
    if (!crowded || !crowded_) crowded_since_ = now;
    crowded_ = crowded;
    if (now - crowded_since_ < k_turn) return;
    std::this_thread::sleep_for(k_way);
    crowded_since_ = std::chrono::steady_clock::now();
}

// Closures seldom throw. They run without savepoints first, each of which would have every page that is changed again
// copied; when one throws, all run anew, with a savepoint each, and only that one fails.
void Writer::run_batch() noexcept {
    const auto began = std::chrono::steady_clock::now();
    std::exception_ptr failure;
    bool apart = false;
    for (int attempts = 0; attempts < k_attempts;) {
        try {
            const auto outcome = attempt(apart, failure);
            if (outcome == Outcome::done) return account_for(began);
            database_->rollback();
            if (outcome == Outcome::lost || apart) ++attempts;
            if (outcome == Outcome::threw) apart = true;
        } catch (...) {
            failure = std::current_exception();
            database_->rollback();
            break;
        }
    }
    statistics_.failed.add();
    for (auto* request : batch_) {
        if (!request->error) request->error = own_copy(failure);
    }
}

void Writer::account_for(std::chrono::steady_clock::time_point began) {
    const auto spent = std::chrono::steady_clock::now() - began;
    statistics_.microseconds.observe(
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(spent).count()));
    statistics_.group.observe(batch_.size());
}

Writer::Outcome Writer::attempt(bool apart, std::exception_ptr& failure) {
    database_->begin(true);  // has waited long enough when it throws
    if (!apart && !run_all()) return Outcome::threw;
    for (auto* request : batch_) {
        if (!apart || request->error || run_one(*request)) continue;
        failure = request->error;
        return Outcome::lost;
    }
    try {
        database_->commit();
        return Outcome::done;
    } catch (...) {
        failure = std::current_exception();
        if (!is_conflict(failure)) throw;
        return Outcome::lost;
    }
}

/// False when a closure threw: which one, and what, shows when they run apart.
bool Writer::run_all() {
    try {
        for (const auto* request : batch_) {
            Transaction transaction(*database_);
            request->work(transaction);
        }
        return true;
    } catch (...) {
        return false;
    }
}

/// False when the whole transaction is lost, not only the changes of this closure.
bool Writer::run_one(Request& request) {
    database_->prepare("SAVEPOINT closure")->step();
    try {
        Transaction transaction(*database_);
        request.work(transaction);
        database_->prepare("RELEASE closure")->step();
        return true;
    } catch (...) {
        request.error = std::current_exception();
    }
    try {
        database_->prepare("ROLLBACK TO closure")->step();
        database_->prepare("RELEASE closure")->step();
        return true;
    } catch (const Error&) {
        return false;
    }
}

}  // namespace signet::store
