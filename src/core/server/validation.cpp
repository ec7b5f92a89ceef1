#include "server/validation.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

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

constexpr seconds k_attempt_limit{5};  // of one attempt: what a stopping server waits for
// After a failed attempt the next one comes so much later; after the last the challenge is invalid.
constexpr std::array<seconds, 2> k_retries{seconds(2), seconds(5)};
constexpr auto k_user_agent = "signet/" SIGNET_VERSION " (ACME validation)";

struct Work {
    store::ChallengeRecord challenge;
    store::AuthorizationRecord authorization;
    std::vector<std::string> thumbprints;  // of the account's key, then of former ones
};

std::optional<Work> load(store::Store& store, const std::string& id, base::Time now) {
    std::optional<Work> work;
    store.read([&](store::Transaction& transaction) {
        work.reset();
        auto challenge = store::find_challenge(transaction, id);
        if (!challenge || challenge->status != store::ChallengeStatus::processing) return;
        auto authorization = store::find_authorization_alone(transaction, challenge->authorization);
        if (!authorization || authorization->status != store::AuthorizationStatus::pending) return;
        if (authorization->expires_at <= base::to_unix(now)) return;
        const auto account = store::find_account(transaction, authorization->account);
        if (!account || account->status != store::AccountStatus::valid) return;
        work = Work{std::move(*challenge), std::move(*authorization), {account->thumbprint}};
        for (auto& former : store::former_keys(transaction, account->id)) {
            work->thumbprints.push_back(std::move(former));
        }
    });
    return work;
}

acme::AccountFacts account_facts(const Work& work, const Live& live) {
    return {work.challenge.account_url, work.thumbprints, live.issuer_names,
            [&live](std::string_view url) { return live.hosts.path_of(url); }};
}

struct Outcome {
    std::optional<Error> failure = {};
    acme::Validated validated = {};  // without failure
};

Outcome attempt(const Work& work, const Live& live, net::Resolver& resolver, base::Time now) {
    const auto* type = acme::find_challenge_type(work.challenge.type);
    if (type == nullptr) {
        return {.failure = Error{Kind::refused, "this server does not offer " + work.challenge.type + " any more"}};
    }
    const acme::ValidationContext context{.resolver = resolver,
                                          .addresses = live.addresses,
                                          .http01_port = live.settings.http01_port,
                                          .tls_alpn01_port = live.settings.tls_alpn01_port,
                                          .timeout = k_attempt_limit,
                                          .user_agent = k_user_agent,
                                          .now = now,
                                          .wildcard = work.authorization.wildcard,
                                          .account = account_facts(work, live)};
    try {
        return {.validated = type->validate(context, work.authorization.identifier, work.challenge.token,
                                            work.challenge.token + "." + work.thumbprints.front())};
    } catch (const Error& error) {
        return {.failure = error};
    } catch (
        const std::exception& error) {  // no thread, no memory: counts as an attempt, or it would come back for ever
        return {.failure = Error{Kind::internal, error.what()}};
    }
}

// A target that policy forbids stays forbidden; all else may be a network or a client that needs a moment.
std::optional<base::Duration> retry_after(const Work& work, const Error& failure) {
    const auto turn = static_cast<std::size_t>(std::max(work.challenge.attempts, 0));
    if (failure.kind() == Kind::refused || turn >= k_retries.size()) return std::nullopt;
    return k_retries[turn];
}

// What a failed validation suggests is for who runs the CA, and stands in the log.
Error for_client(const Error& failure) { return {failure.kind(), failure.message(), {}, failure.parts()}; }

void log_attempt(const Work& work, const std::optional<Error>& failure, bool again) {
    base::log(base::Level::info, failure ? "validation failed" : "validation succeeded",
              {{"type", work.challenge.type},
               {"identifier", work.authorization.identifier.text()},
               {"account", work.authorization.account},
               {"attempt", std::to_string(work.challenge.attempts + 1)},
               {"reason", failure ? failure->message() + (again ? " (will be tried again)" : "") : std::string("-")},
               {"where", failure ? failure->where() : std::string{}},
               {"hint", failure ? failure->hint() : std::string{}}});
}

}  // namespace

void Validation::take_up() {
    std::vector<std::pair<store::ChallengeRecord, std::string>> found;
    store_.read([&](store::Transaction& transaction) {
        found.clear();
        for (auto& challenge : store::unfinished_challenges(transaction)) {
            const auto authorization = store::find_authorization_alone(transaction, challenge.authorization);
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
    make_worker();
    if (workers_.empty()) {
        throw Error{Kind::environment, "the system gives no thread for validations",
                    "raise the limit of processes (ulimit -u) or of tasks (TasksMax= of systemd)"};
    }
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

bool Validation::full(const std::string& account) const {
    const std::lock_guard lock(mutex_);
    return queue_.full(account);
}

Validation::Depth Validation::depth() const {
    const std::lock_guard lock(mutex_);
    return {queue_.waiting(), queue_.running()};
}

void Validation::enqueue(std::string challenge, std::string type, std::string account, base::Time due) {
    {
        const std::lock_guard lock(mutex_);
        if (!queue_.add({std::move(challenge), std::move(type), std::move(account)}, due)) return;
        add_worker();
    }
    changed_.notify_one();  // not under the lock, which the one who wakes needs
}

int Validation::places() const { return live_.get()->settings.concurrency; }

// Threads are made as they are needed, and there is always one. While anything waits there is one that waits with it,
// so that what is due never stands behind attempts that stall. Called under the lock.
void Validation::add_worker() {
    const auto limit = static_cast<std::size_t>(places()) * acme::challenge_types().size();
    if (!started_ || stopping_ || queue_.empty() || idle_ > 0 || workers_.size() >= limit) return;
    make_worker();
}

// Where there is no thread to be had, those that run do all the work, and the next job asks for one again.
void Validation::make_worker() {
    try {
        workers_.reserve(workers_.size() + 1);
        workers_.push_back(make_thread_([this] { work(); }));
        ++idle_;  // on its way to look for work
        short_of_threads_ = false;
    } catch (const std::exception& error) {
        if (std::exchange(short_of_threads_, true)) return;
        base::log(base::Level::error, "no further thread for validations",
                  {{"threads", std::to_string(workers_.size())},
                   {"reason", error.what()},
                   {"hint", "raise the limit of processes (ulimit -u) or of tasks (TasksMax= of systemd)"}});
    }
}

// One look every half second keeps up with a wall clock that jumps; a new job wakes at once.
void Validation::wait_for_work(std::unique_lock<std::mutex>& lock) {
    if (queue_.empty()) return changed_.wait(lock);
    changed_.wait_for(lock, std::chrono::milliseconds(500));
}

// Counted in idle_ whenever it waits or looks for work; add_worker counted it first.
void Validation::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const auto job = queue_.take(clock_.now(), places());
        if (!job) {
            wait_for_work(lock);
            continue;
        }
        --idle_;
        add_worker();
        lock.unlock();
        const auto again = run(*job);
        lock.lock();
        queue_.finish(*job, again);
        ++idle_;
    }
}

void Validation::run_all() {
    std::unique_lock lock(mutex_);
    while (!queue_.empty()) {
        const auto job = queue_.take(clock_.now(), places());
        if (!job) {
            clock_.wait_until(queue_.next_due().value(), {});
            continue;
        }
        lock.unlock();
        const auto again = run(*job);
        lock.lock();
        queue_.finish(*job, again);
    }
}

// When to try once more, if at all.
std::optional<base::Time> Validation::run(const Job& job) {
    try {
        const auto work = load(store_, job.challenge, clock_.now());
        if (!work) return std::nullopt;
        const auto live = live_.get();
        const auto [failure, validated] = attempt(*work, *live, resolver_, clock_.now());
        const auto again = failure ? retry_after(*work, *failure) : std::nullopt;
        log_attempt(*work, failure, again.has_value());
        metrics_.challenges.at(work->challenge.type, failure ? again ? "retry" : "invalid" : "valid").add();
        const auto now = clock_.now();
        const auto problem = failure ? acme::to_problem(for_client(*failure), {}).document : std::string{};
        const auto next = again ? now + *again : now;
        const auto expires =
            std::min(now + live->settings.authorization_lifetime, validated.until.value_or(base::Time::max()));
        store_.write([&](store::Transaction& transaction) {
            if (again) {
                store::postpone_challenge(transaction, job.challenge, problem, base::to_unix(next));
            } else {
                store::settle_challenge(transaction, job.challenge, problem, base::to_unix(now),
                                        base::to_unix(expires));
            }
        });
        return again ? std::optional(next) : std::nullopt;
    } catch (const std::exception& error) {  // the store failed: the row still says processing, so look again
        base::log(base::Level::error, "a validation could not be recorded", {{"reason", error.what()}});
        return clock_.now() + seconds(30);
    }
}

}  // namespace signet::server
