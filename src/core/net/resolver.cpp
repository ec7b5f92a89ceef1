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

/// A channel for each lookup: c-ares channels belong to one thread, and making one costs less than asking.
class CaresResolver final : public Resolver {
public:
    CaresResolver(std::string server, std::chrono::milliseconds timeout)
        : server_(std::move(server)), timeout_(timeout) {}

    std::vector<Address> addresses(const std::string& name) override {
        if (const auto address = Address::parse(name)) return {*address};
#ifdef __GLIBC__
        if (server_.empty()) return lookups_.addresses(name, Deadline(timeout_));
#endif  // elsewhere nothing keeps the system from its search list
        return DnsChannel(server_, timeout_).addresses(name);
    }
    std::vector<std::string> texts(const std::string& name) override {
        return DnsChannel(server_, timeout_).texts(name);
    }
    std::vector<CaaRecord> caa(const std::string& name) override { return DnsChannel(server_, timeout_).caa(name); }

private:
    const std::string server_;
    const std::chrono::milliseconds timeout_;
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
