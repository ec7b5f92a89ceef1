#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/socket.h"

namespace signet::net {

/// Names as the system resolves them (hosts file, NSS), for checks whose answer must not hang on where they run: the
/// search list of resolv.conf is not followed, so that "bank.test" is never "bank.test.cluster.local". An NSS module or
/// cache that runs as a process of its own (nscd, systemd-resolved) goes by its own settings.
///
/// getaddrinfo knows no deadline. Each lookup has a thread that may be left behind, for a few seconds with DNS; when
/// `limit` of them are under way, a further lookup throws dns. Thread-safe; may die before its threads.
class SystemLookups {
public:
    /// Blocks until `host` is resolved; throws dns. Called on a thread of its own.
    using Ask = std::function<std::vector<Address>(const std::string& host)>;

    static constexpr int k_limit = 256;  // twice what validates at once by default
    SystemLookups();
    SystemLookups(int limit, Ask ask);

    /// At most 32, in the system's order; empty when there is no such name. Throws dns, also at the deadline.
    std::vector<Address> addresses(const std::string& host, const Deadline& deadline);

private:
    struct Places;
    const Ask ask_;
    const std::shared_ptr<Places> places_;  // with the threads that were left behind
};

}  // namespace signet::net
