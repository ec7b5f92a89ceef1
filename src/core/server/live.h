#pragma once

#include <memory>
#include <mutex>

#include "net/address.h"
#include "server/app.h"
#include "server/hosts.h"

namespace signet::server {

/// A configuration with what follows from it, made once per change.
struct Live {
    explicit Live(Configuration c)
        : settings(std::move(c.settings)),
          profiles(std::move(c.profiles)),
          authorities(std::move(c.authorities)),
          hosts(settings),
          addresses{settings.allow_targets, settings.deny_targets},
          issuer_names(hosts.issuer_names(settings)) {}
    Settings settings;
    ca::Profiles profiles;
    ca::AuthorityTable authorities;
    Hosts hosts;
    net::AddressPolicy addresses;
    std::vector<std::string> issuer_names;  // domain names that mean this CA in dns-persist-01 records
};

/// The configuration in force, exchanged as a whole: a request keeps the one that it began with. Thread-safe.
class LiveBox {
public:
    explicit LiveBox(Configuration configuration) { set(std::move(configuration)); }
    std::shared_ptr<const Live> get() const {
        const std::lock_guard lock(mutex_);
        return live_;
    }
    void set(Configuration configuration) {
        auto next = std::make_shared<const Live>(std::move(configuration));
        const std::lock_guard lock(mutex_);
        live_ = std::move(next);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Live> live_;
};

}  // namespace signet::server
