#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "net/address.h"
#include "net/resolver.h"

struct ares_channeldata;

namespace signet::net {

/// One c-ares channel, for one lookup at a time: asked, and driven until the answer or the deadline. No search list, no
/// hosts file, EDNS with 1232 octets, TCP when an answer was cut; each lookup asks anew, from sockets of its own. All
/// throw Error{dns}.
class DnsChannel {
public:
    /// `server` is "ADDR:PORT"; "" means the servers that resolv.conf names now.
    DnsChannel(const std::string& server, std::chrono::milliseconds timeout);

    /// The next lookup has until then.
    void begin(std::chrono::milliseconds timeout) { deadline_ = std::chrono::steady_clock::now() + timeout; }

    /// A and AAAA, CNAMEs followed; empty when there are none.
    std::vector<Address> addresses(const std::string& name);
    std::vector<std::string> texts(const std::string& name);
    std::vector<CaaRecord> caa(const std::string& name);

private:
    struct Free {
        void operator()(ares_channeldata* channel) const noexcept;
    };
    /// The answer as it came; empty when there is no such name or record.
    base::Bytes ask(const std::string& name, int type);
    template <class Record>
    std::vector<Record> records(const std::string& name, int type,
                                std::vector<Record> (*parse)(const base::Bytes& reply, int& status));
    /// Drives the channel until no query is under way; false when the deadline came first.
    bool run();
    [[noreturn]] void fail(int status, const std::string& name) const;

    std::string server_;
    std::chrono::steady_clock::time_point deadline_;
    std::unique_ptr<ares_channeldata, Free> channel_;
};

}  // namespace signet::net
