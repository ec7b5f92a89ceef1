#include "server/validation.h"

#include <algorithm>
#include <array>
#include <optional>

#include "acme/challenges.h"
#include "acme/problem.h"
#include "base/error.h"
#include "base/log.h"
#include "store/accounts.h"
#include "store/authorizations.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;
using std::chrono::seconds;

constexpr std::size_t k_queue_limit = 100'000;
constexpr int k_per_account = 8;
constexpr seconds k_attempt_limit{5};  // of one attempt: what a stopping server waits for
// After a failed attempt the next one comes so much later; after the last the challenge is invalid.
constexpr std::array<seconds, 2> k_retries{seconds(2), seconds(5)};
constexpr auto k_user_agent = "signet/" SIGNET_VERSION " (ACME validation)";

struct Work {
    store::ChallengeRecord challenge;
    store::AuthorizationRecord authorization;
    std::string thumbprint;
};

std::optional<Work> load(store::Store& store, const std::string& id, base::Time now) {
    std::optional<Work> work;
    store.read([&](store::Transaction& transaction) {
        work.reset();
        auto challenge = store::find_challenge(transaction, id);
        if (!challenge || challenge->status != store::ChallengeStatus::processing) return;
        auto authorization = store::find_authorization(transaction, challenge->authorization);
        if (!authorization || authorization->status != store::AuthorizationStatus::pending) return;
        if (authorization->expires_at <= base::to_unix(now)) return;
        const auto account = store::find_account(transaction, authorization->account);
        if (!account || account->status != store::AccountStatus::valid) return;
        work = Work{std::move(*challenge), std::move(*authorization), account->thumbprint};
    });
    return work;
}

// nullopt when the challenge holds, else why not.
std::optional<Error> attempt(const Work& work, const Live& live, net::Resolver& resolver) {
    const auto* type = acme::find_challenge_type(work.challenge.type);
    if (type == nullptr) return Error{Kind::refused, "this server does not offer " + work.challenge.type + " any more"};
    const acme::ValidationContext context{.resolver = resolver,
                                          .addresses = live.addresses,
                                          .http01_port = live.settings.http01_port,
                                          .tls_alpn01_port = live.settings.tls_alpn01_port,
                                          .timeout = k_attempt_limit,
                                          .user_agent = k_user_agent};
    try {
        type->validate(context, work.authorization.identifier, work.challenge.token,
                       work.challenge.token + "." + work.thumbprint);
        return std::nullopt;
    } catch (const Error& error) {
        return error;
    } catch (
        const std::exception& error) {  // no thread, no memory: counts as an attempt, or it would come back for ever
        return Error{Kind::internal, error.what()};
    }
}

// A target that policy forbids stays forbidden; all else may be a network or a client that needs a moment.
std::optional<base::Duration> retry_after(const Work& work, const Error& failure) {
    const auto turn = static_cast<std::size_t>(std::max(work.challenge.attempts, 0));
    if (failure.kind() == Kind::refused || turn >= k_retries.size()) return std::nullopt;
    return k_retries[turn];
}

void log_attempt(const Work& work, const std::optional<Error>& failure, bool again) {
    base::log(base::Level::info, failure ? "validation failed" : "validation succeeded",
              {{"type", work.challenge.type},
               {"identifier", work.authorization.identifier.text()},
               {"account", work.authorization.account},
               {"attempt", std::to_string(work.challenge.attempts + 1)},
               {"reason", failure ? failure->message() + (again ? " (will be tried again)" : "") : std::string("-")}});
}

}  // namespace

void Validation::take_up() {
    std::vector<std::pair<store::ChallengeRecord, std::string>> found;
    store_.read([&](store::Transaction& transaction) {
        found.clear();
        for (auto& challenge : store::unfinished_challenges(transaction)) {
            const auto authorization = store::find_authorization(transaction, challenge.authorization);
            if (authorization) found.emplace_back(std::move(challenge), authorization->account);
        }
    });
    for (const auto& [challenge, account] : found) {
        enqueue(challenge.id, challenge.type, account,
                challenge.next_attempt_at ? base::from_unix(*challenge.next_attempt_at) : clock_.now());
    }
}

void Validation::start() {
    take_up();
    const std::lock_guard lock(mutex_);
    started_ = true;
    add_worker();
}

void Validation::stop() {
    std::vector<std::thread> workers;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        workers.swap(workers_);
    }
    changed_.notify_all();
    for (auto& worker : workers) worker.join();
}

bool Validation::full() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size() >= k_queue_limit;
}

Validation::Depth Validation::depth() const {
    const std::lock_guard lock(mutex_);
    Depth depth{waiting_.size(), 0};
    for (const auto& [account, count] : running_) depth.running += static_cast<std::size_t>(count);
    return depth;
}

void Validation::enqueue(std::string challenge, std::string type, std::string account, base::Time due) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(due, Job{std::move(challenge), std::move(type), std::move(account)});
    add_worker();
    changed_.notify_one();
}

// Threads are made as they are needed: a server without challenges has none. While anything waits there is one that
// waits with it, so that what is due never stands behind attempts that stall. Called under the lock.
void Validation::add_worker() {
    const auto limit = static_cast<std::size_t>(live_.get()->settings.concurrency) * acme::challenge_types().size();
    if (!started_ || stopping_ || waiting_.empty() || idle_ > 0 || workers_.size() >= limit) return;
    workers_.emplace_back([this] { work(); });
    ++idle_;  // on its way to look for work
}

bool Validation::may_run(const Job& job) const {
    const auto all = running_.find(job.type);
    if (all == running_.end()) return true;
    const auto own = running_for_.find({job.type, job.account});
    return all->second < live_.get()->settings.concurrency &&
           (own == running_for_.end() || own->second < k_per_account);
}

Validation::Queue::iterator Validation::next_due(base::Time now) {
    for (auto job = waiting_.begin(); job != waiting_.end() && job->first <= now; ++job) {
        if (may_run(job->second)) return job;
    }
    return waiting_.end();
}

void Validation::begin(const Job& job) {
    ++running_[job.type];
    ++running_for_[{job.type, job.account}];
}

void Validation::end(const Job& job) {
    if (--running_[job.type] == 0) running_.erase(job.type);
    const auto own = running_for_.find({job.type, job.account});
    if (--own->second == 0) running_for_.erase(own);
}

// Counted in idle_ whenever it waits or looks for work; add_worker counted it first.
void Validation::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const auto due = next_due(clock_.now());
        if (due == waiting_.end()) {
            // One look a second keeps up with a wall clock that jumps; a new job wakes at once.
            waiting_.empty() ? changed_.wait(lock) : void(changed_.wait_for(lock, std::chrono::milliseconds(500)));
            continue;
        }
        const auto job = due->second;
        waiting_.erase(due);
        begin(job);
        --idle_;
        add_worker();
        lock.unlock();
        run(job);
        lock.lock();
        end(job);
        ++idle_;
    }
}

void Validation::run_all() {
    while (true) {
        Job job;
        base::Time due;
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.empty()) return;
            due = waiting_.begin()->first;
            job = waiting_.begin()->second;
            waiting_.erase(waiting_.begin());
        }
        if (due > clock_.now()) clock_.wait_until(due, {});
        run(job);
    }
}

void Validation::run(const Job& job) {
    try {
        const auto work = load(store_, job.challenge, clock_.now());
        if (!work) return;
        const auto live = live_.get();
        const auto failure = attempt(*work, *live, resolver_);
        const auto again = failure ? retry_after(*work, *failure) : std::nullopt;
        log_attempt(*work, failure, again.has_value());
        metrics_.challenges.at(work->challenge.type, failure ? again ? "retry" : "invalid" : "valid").add();
        const auto now = clock_.now();
        const auto problem = failure ? acme::to_problem(*failure, {}).document : std::string{};
        const auto next = again ? now + *again : now;
        store_.write([&](store::Transaction& transaction) {
            if (again) {
                store::postpone_challenge(transaction, job.challenge, problem, base::to_unix(next));
            } else {
                store::settle_challenge(transaction, job.challenge, problem, base::to_unix(now),
                                        base::to_unix(now + live->settings.authorization_lifetime));
            }
        });
        if (again) enqueue(job.challenge, job.type, job.account, next);
    } catch (const std::exception& error) {  // the store failed: the row still says processing, so look again
        base::log(base::Level::error, "a validation could not be recorded", {{"reason", error.what()}});
        enqueue(job.challenge, job.type, job.account, clock_.now() + seconds(30));
    }
}

}  // namespace signet::server
