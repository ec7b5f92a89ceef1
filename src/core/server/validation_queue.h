#pragma once

#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "base/time.h"

namespace signet::server {

/// Which validation runs next. Each challenge type has a lane of its own with its own places; in a lane the accounts
/// that have something due take turns, one validation each, at most `k_running_per_account` of one account at once. So
/// an account whose targets stall holds up neither another type nor another account. A challenge stands in it once.
/// All in O(log n). Not thread-safe: its owner locks.
class ValidationQueue {
public:
    struct Job {
        std::string challenge, type, account;
    };

    static constexpr int k_running_per_account = 8;            // of one type
    static constexpr std::size_t k_waiting_per_account = 500;  // and running, of all types: more wait with their client
    static constexpr std::size_t k_waiting = 100'000;          // of all accounts

    /// False when the challenge is there already, waiting or running.
    bool add(Job job, base::Time due);
    /// Whether a further challenge of this account must be put off.
    bool full(const std::string& account) const;
    /// The next one that is due, with a place in its lane, which holds `places` of them; it runs until `finish`.
    std::optional<Job> take(base::Time now, int places);
    /// It ran; `again`: it waits once more, until then.
    void finish(const Job& job, std::optional<base::Time> again);
    /// When `take` may find something again, but for places that become free; nullopt: nothing waits for its time.
    std::optional<base::Time> next_due() const;

    bool empty() const { return waiting_ == 0; }  // nothing waits; something may run
    std::size_t waiting() const { return waiting_; }
    std::size_t running() const { return known_.size() - waiting_; }

private:
    struct Turns {
        std::multimap<base::Time, std::string> waiting;  // challenges
        int running = 0;
        bool in_ring = false;
        std::optional<base::Time> filed;  // the time it stands under in Lane::later
    };
    struct Lane {
        std::map<std::string, Turns, std::less<>> accounts;
        std::set<std::pair<base::Time, std::string>> later;  // whose first one was not due at the last look
        std::list<std::string> ring;                         // those with one due and a place for it, in turn
        int running = 0;
    };

    static void file(Lane& lane, const std::string& account, Turns& turns);
    static void wake(Lane& lane, base::Time now);
    std::string pull(Lane& lane, const std::string& account, Turns& turns);
    void leave(const Job& job);

    std::map<std::string, Lane, std::less<>> lanes_;        // by challenge type
    std::string last_lane_;                                 // the one that was served last
    std::unordered_set<std::string> known_;                 // challenges that wait or run
    std::map<std::string, std::size_t, std::less<>> held_;  // by account: those that wait or run
    std::size_t waiting_ = 0;
};

}  // namespace signet::server
