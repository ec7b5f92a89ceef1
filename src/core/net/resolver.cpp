#include "net/resolver.h"

#include <ares.h>
#include <mutex>

#include "base/error.h"
#include "net/dns_channel.h"
#include "net/http.h"
#include "net/socket.h"
#include "net/system_lookup.h"

namespace signet::net {

namespace {

/// Channels of c-ares belong to one thread at a time. Those for a server that is given are used again; those for the
/// system's are made anew, since resolv.conf may have changed.
class Channels {
public:
    Channels(std::string server, std::chrono::milliseconds timeout) : server_(std::move(server)), timeout_(timeout) {}

    /// `lookup` with a channel of its own. One that failed is not used again: an answer may still be on its way.
    template <class Lookup>
    auto with(const Lookup& lookup) {
        auto channel = take();
        auto found = lookup(*channel);
        put(std::move(channel));
        return found;
    }

private:
    static constexpr std::size_t k_kept = 8;

    std::unique_ptr<DnsChannel> take() {
        {
            const std::lock_guard lock(mutex_);
            if (!kept_.empty()) {
                auto channel = std::move(kept_.back());
                kept_.pop_back();
                channel->begin(timeout_);
                return channel;
            }
        }
        return std::make_unique<DnsChannel>(server_, timeout_);
    }
    void put(std::unique_ptr<DnsChannel> channel) {
        if (server_.empty()) return;
        const std::lock_guard lock(mutex_);
        if (kept_.size() < k_kept) kept_.push_back(std::move(channel));
    }

    const std::string server_;
    const std::chrono::milliseconds timeout_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<DnsChannel>> kept_;
};

class CaresResolver final : public Resolver {
public:
    CaresResolver(std::string server, std::chrono::milliseconds timeout)
        : server_(server), timeout_(timeout), channels_(std::move(server), timeout) {}

    std::vector<Address> addresses(const std::string& name) override {
        if (const auto address = Address::parse(name)) return {*address};
#ifdef __GLIBC__
        if (server_.empty()) return lookups_.addresses(name, Deadline(timeout_));
#endif  // elsewhere nothing keeps the system from its search list
        return channels_.with([&](DnsChannel& channel) { return channel.addresses(name); });
    }
    std::vector<std::string> texts(const std::string& name) override {
        return channels_.with([&](DnsChannel& channel) { return channel.texts(name); });
    }
    std::vector<CaaRecord> caa(const std::string& name) override {
        return channels_.with([&](DnsChannel& channel) { return channel.caa(name); });
    }

private:
    const std::string server_;
    const std::chrono::milliseconds timeout_;
    Channels channels_;
    SystemLookups lookups_;
};

}  // namespace

std::unique_ptr<Resolver> make_resolver(const std::string& server, std::chrono::milliseconds timeout) {
    static std::once_flag initialized;
    std::call_once(initialized, [] { ares_library_init(ARES_LIB_INIT_ALL); });
    if (!server.empty()) {
        const auto target = parse_host_port(server, "resolver");
        if (!Address::parse(target.host) || target.port == 0) {
            throw base::Error{base::Kind::bad_input, "resolver: " + server + " is not ADDRESS:PORT",
                              "write it like 10.0.0.53:53"};
        }
    }
    return std::make_unique<CaresResolver>(server, timeout);
}

}  // namespace signet::net
