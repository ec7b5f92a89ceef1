#include "net/system_lookup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "base/error.h"

namespace signet::net {

namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_addresses = 32;

/// What the looking thread and the waiting one share; the last of them frees it.
struct Lookup {
    std::mutex mutex;
    std::condition_variable finished;
    bool done = false;
    std::optional<Error> error;
    std::vector<Address> addresses;
};

std::vector<Address> ask_system(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, ::freeaddrinfo);
    const bool no_such_name = error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
    if (error != 0 && !no_such_name) throw Error{Kind::dns, "cannot resolve " + host + ": " + ::gai_strerror(error)};
    std::vector<Address> addresses;
    for (const addrinfo* row = found; row != nullptr && addresses.size() < k_addresses; row = row->ai_next) {
        sockaddr_storage storage{};
        std::copy_n(reinterpret_cast<const char*>(row->ai_addr), row->ai_addrlen, reinterpret_cast<char*>(&storage));
        const auto address = address_of(storage);
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
    }
    return addresses;
}

// The resolver's state is the thread's own, and this thread does nothing else. The tries are shortened since nobody
// waits for their end: a validation's attempt has its time limit.
std::vector<Address> ask_without_search(const std::string& host) {
#ifdef __GLIBC__
    ::res_init();
    _res.options &= ~static_cast<unsigned long>(RES_DNSRCH | RES_DEFNAMES);
    _res.options |= RES_NOALIASES;
    _res.retrans = std::min(_res.retrans, 2);
    _res.retry = std::min(_res.retry, 2);
#endif
    return ask_system(host);
}

void look_up(const SystemLookups::Ask& ask, const std::string& host, Lookup& lookup) {
    std::vector<Address> addresses;
    std::optional<Error> failure;
    try {
        addresses = ask(host);
    } catch (const Error& error) {
        failure = error;
    } catch (const std::exception& error) {
        failure = Error{Kind::dns, "cannot resolve " + host + ": " + error.what()};
    }
    const std::lock_guard lock(lookup.mutex);
    lookup.addresses = std::move(addresses);
    lookup.error = std::move(failure);
    lookup.done = true;
    lookup.finished.notify_all();
}

/// Runs `work` on a thread of its own that nobody waits for.
void leave_alone(const std::string& host, std::function<void()> work) {
    try {
        std::thread(std::move(work)).detach();
    } catch (const std::system_error& error) {
        throw Error{Kind::dns, "cannot resolve " + host + ": no thread for it: " + error.what()};
    }
}

std::vector<Address> wait_for(Lookup& lookup, const std::string& host, const Deadline& deadline) {
    std::unique_lock lock(lookup.mutex);
    if (!lookup.finished.wait_for(lock, deadline.left(), [&] { return lookup.done; }))
        throw Error{Kind::dns, "the system has not resolved " + host + " in time"};
    if (lookup.error) throw Error(*lookup.error);
    return std::move(lookup.addresses);
}

}  // namespace

/// One of the places, from before its thread begins until that has ended.
struct SystemLookups::Places {
    explicit Places(int limit) : left(limit) {}
    std::atomic<int> left;

    static std::shared_ptr<void> take(const std::shared_ptr<Places>& places, const std::string& host) {
        const bool room = places->left.fetch_sub(1) > 0;
        std::shared_ptr<void> place(nullptr, [places](void*) { places->left.fetch_add(1); });
        if (!room) throw Error{Kind::dns, "cannot resolve " + host + ": too many lookups are under way"};
        return place;
    }
};

SystemLookups::SystemLookups() : SystemLookups(k_limit, ask_without_search) {}
SystemLookups::SystemLookups(int limit, Ask ask) : ask_(std::move(ask)), places_(std::make_shared<Places>(limit)) {}

std::vector<Address> SystemLookups::addresses(const std::string& host, const Deadline& deadline) {
    if (const auto address = Address::parse(host)) return {*address};
    const auto lookup = std::make_shared<Lookup>();
    leave_alone(host, [ask = ask_, host, lookup, place = Places::take(places_, host)] { look_up(ask, host, *lookup); });
    return wait_for(*lookup, host, deadline);
}

std::vector<Address> system_addresses(const std::string& host, const Deadline& deadline) {
    return SystemLookups(1, ask_system).addresses(host, deadline);
}

}  // namespace signet::net
