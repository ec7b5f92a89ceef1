#pragma once

#include <memory>
#include <mutex>

#include "net/resolver.h"

namespace signet::server {

/// The resolver that the settings name, exchanged when they change: a lookup ends with the one that it began with.
/// Thread-safe.
class LiveResolver : public net::Resolver {
public:
    explicit LiveResolver(std::shared_ptr<net::Resolver> resolver) : resolver_(std::move(resolver)) {}
    void set(std::shared_ptr<net::Resolver> resolver) {
        const std::lock_guard lock(mutex_);
        resolver_ = std::move(resolver);
    }
    std::vector<net::Address> addresses(const std::string& name) override { return get()->addresses(name); }
    std::vector<std::string> texts(const std::string& name) override { return get()->texts(name); }
    std::vector<net::CaaRecord> caa(const std::string& name) override { return get()->caa(name); }

private:
    std::shared_ptr<net::Resolver> get() const {
        const std::lock_guard lock(mutex_);
        return resolver_;
    }
    mutable std::mutex mutex_;
    std::shared_ptr<net::Resolver> resolver_;
};

}  // namespace signet::server
