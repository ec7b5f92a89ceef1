#include "server/validation_queue.h"

#include <algorithm>

namespace signet::server {

bool ValidationQueue::add(Job job, base::Time due) {
    if (!known_.insert(job.challenge).second) return false;
    ++held_[job.account];
    ++waiting_;
    auto& lane = lanes_[job.type];
    auto& turns = lane.accounts[job.account];
    turns.waiting.emplace(due, std::move(job.challenge));
    file(lane, job.account, turns);
    return true;
}

bool ValidationQueue::full(const std::string& account) const {
    const auto held = held_.find(account);
    return waiting_ >= k_waiting || (held != held_.end() && held->second >= k_waiting_per_account);
}

// Puts an account where `wake` finds it, when one of its validations could run; out of sight otherwise.
void ValidationQueue::file(Lane& lane, const std::string& account, Turns& turns) {
    if (turns.in_ring) return;
    if (turns.filed) lane.later.erase({*turns.filed, account});
    turns.filed.reset();
    if (turns.waiting.empty() || turns.running >= k_running_per_account) return;
    turns.filed = turns.waiting.begin()->first;
    lane.later.emplace(*turns.filed, account);
}

void ValidationQueue::wake(Lane& lane, base::Time now) {
    while (!lane.later.empty() && lane.later.begin()->first <= now) {
        auto first = lane.later.extract(lane.later.begin());
        auto& turns = lane.accounts.at(first.value().second);
        turns.filed.reset();
        turns.in_ring = true;
        lane.ring.push_back(std::move(first.value().second));
    }
}

std::string ValidationQueue::pull(Lane& lane, const std::string& account, Turns& turns) {
    auto challenge = std::move(turns.waiting.begin()->second);
    turns.waiting.erase(turns.waiting.begin());
    --waiting_;
    ++turns.running;
    ++lane.running;
    file(lane, account, turns);
    return challenge;
}

std::optional<ValidationQueue::Job> ValidationQueue::take(base::Time now, int places) {
    auto lane = lanes_.upper_bound(last_lane_);
    for (std::size_t i = 0; i < lanes_.size(); ++i, ++lane) {
        if (lane == lanes_.end()) lane = lanes_.begin();
        if (lane->second.running >= places) continue;
        wake(lane->second, now);
        if (lane->second.ring.empty()) continue;
        auto account = std::move(lane->second.ring.front());
        lane->second.ring.pop_front();
        auto& turns = lane->second.accounts.at(account);
        turns.in_ring = false;
        auto challenge = pull(lane->second, account, turns);
        last_lane_ = lane->first;
        return Job{std::move(challenge), lane->first, std::move(account)};
    }
    return std::nullopt;
}

std::optional<base::Time> ValidationQueue::next_due() const {
    std::optional<base::Time> due;
    for (const auto& [type, lane] : lanes_) {
        if (!lane.ring.empty()) return base::Time{};
        if (lane.later.empty()) continue;
        const auto first = lane.later.begin()->first;
        if (!due || first < *due) due = first;
    }
    return due;
}

void ValidationQueue::leave(const Job& job) {
    known_.erase(job.challenge);
    const auto held = held_.find(job.account);
    if (--held->second == 0) held_.erase(held);
}

void ValidationQueue::finish(const Job& job, std::optional<base::Time> again) {
    auto& lane = lanes_.at(job.type);
    const auto found = lane.accounts.find(job.account);
    auto& turns = found->second;
    --lane.running;
    --turns.running;
    if (again) {
        turns.waiting.emplace(*again, job.challenge);
        ++waiting_;
    } else {
        leave(job);
    }
    file(lane, job.account, turns);
    if (turns.waiting.empty() && turns.running == 0) lane.accounts.erase(found);
}

}  // namespace signet::server
