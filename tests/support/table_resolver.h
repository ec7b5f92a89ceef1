#pragma once

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/resolver.h"

namespace signet::test {

/// DNS from a table; remembers what was asked. A sequence answers each question with its next entry, the last one for
/// ever.
class TableResolver final : public net::Resolver {
public:
    void set(const std::string& name, const std::vector<std::string>& addresses) { set_sequence(name, {addresses}); }
    void set_sequence(const std::string& name, const std::vector<std::vector<std::string>>& answers) {
        const std::lock_guard lock(mutex_);
        table_[name] = answers;
        asked_[name] = 0;
    }
    void set_texts(const std::string& name, std::vector<std::string> texts) {
        const std::lock_guard lock(mutex_);
        texts_[name] = std::move(texts);
    }
    void set_caa(const std::string& name, std::vector<net::CaaRecord> records) {
        const std::lock_guard lock(mutex_);
        caa_[name] = std::move(records);
    }
    /// The CAA records of this name cannot be looked up.
    void break_caa(const std::string& name) {
        const std::lock_guard lock(mutex_);
        broken_caa_.insert(name);
    }
    /// Names whose CAA records were asked for, in order.
    std::vector<std::string> caa_asked() {
        const std::lock_guard lock(mutex_);
        return caa_asked_;
    }
    /// Questions for names with this end get no answer until `release`.
    void hold(const std::string& end) {
        const std::lock_guard lock(mutex_);
        held_ = end;
    }
    void release() {
        hold({});
        released_.notify_all();
    }
    int asked(const std::string& name) {
        const std::lock_guard lock(mutex_);
        return asked_[name];
    }

    int texts_asked(const std::string& name) {
        const std::lock_guard lock(mutex_);
        return texts_asked_[name];
    }
    /// Questions that are held at the moment.
    int held() {
        const std::lock_guard lock(mutex_);
        return waiting_;
    }

    std::vector<net::Address> addresses(const std::string& name) override {
        std::unique_lock lock(mutex_);
        await(lock, name);
        const auto found = table_.find(name);
        if (found == table_.end()) return {};
        const auto turn = std::min(static_cast<std::size_t>(asked_[name]++), found->second.size() - 1);
        std::vector<net::Address> result;
        for (const auto& text : found->second[turn]) result.push_back(net::Address::parse(text).value());
        return result;
    }
    std::vector<std::string> texts(const std::string& name) override {
        std::unique_lock lock(mutex_);
        ++texts_asked_[name];
        await(lock, name);
        return texts_[name];
    }

    std::vector<net::CaaRecord> caa(const std::string& name) override {
        std::unique_lock lock(mutex_);
        caa_asked_.push_back(name);
        await(lock, name);
        if (broken_caa_.contains(name)) throw base::Error{base::Kind::dns, "SERVFAIL for " + name};
        const auto found = caa_.find(name);
        return found == caa_.end() ? std::vector<net::CaaRecord>{} : found->second;
    }

private:
    void await(std::unique_lock<std::mutex>& lock, const std::string& name) {
        ++waiting_;
        released_.wait(lock, [&] { return held_.empty() || !name.ends_with(held_); });
        --waiting_;
    }

    int waiting_ = 0;
    std::mutex mutex_;
    std::condition_variable released_;
    std::string held_;
    std::map<std::string, std::vector<std::vector<std::string>>> table_;
    std::map<std::string, std::vector<std::string>> texts_;
    std::map<std::string, std::vector<net::CaaRecord>> caa_;
    std::set<std::string> broken_caa_;
    std::vector<std::string> caa_asked_;
    std::map<std::string, int> asked_, texts_asked_;
};

}  // namespace signet::test
