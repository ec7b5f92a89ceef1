#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "net/socket.h"

namespace signet::net {

namespace {

constexpr std::size_t k_addresses = 32;

/// What the looking thread and the waiting one share; the last of them frees it.
struct Lookup {
    std::mutex mutex;
    std::condition_variable finished;
    bool done = false;
    int error = 0;
    std::vector<Address> addresses;
};

void look_up(const std::string& host, Lookup& lookup) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, ::freeaddrinfo);
    const std::lock_guard lock(lookup.mutex);
    for (const addrinfo* row = found; row != nullptr && lookup.addresses.size() < k_addresses; row = row->ai_next) {
        sockaddr_storage storage{};
        std::copy_n(reinterpret_cast<const char*>(row->ai_addr), row->ai_addrlen, reinterpret_cast<char*>(&storage));
        const auto address = address_of(storage);
        const bool known =
            std::find(lookup.addresses.begin(), lookup.addresses.end(), address) != lookup.addresses.end();
        if (!known) lookup.addresses.push_back(address);
    }
    lookup.error = error;
    lookup.done = true;
    lookup.finished.notify_all();
}

}  // namespace

std::vector<Address> system_addresses(const std::string& host, const Deadline& deadline) {
    if (const auto address = Address::parse(host)) return {*address};
    const auto lookup = std::make_shared<Lookup>();
    // getaddrinfo knows no deadline. A thread of its own can be left behind; it ends when the system's resolver gives
    // up.
    std::thread([host, lookup] { look_up(host, *lookup); }).detach();
    std::unique_lock lock(lookup->mutex);
    if (!lookup->finished.wait_for(lock, deadline.left(), [&] { return lookup->done; })) {
        throw base::Error{base::Kind::dns, "the system has not resolved " + host + " in time"};
    }
    const bool no_such_name =
        lookup->error == EAI_NONAME || lookup->error == EAI_NODATA || lookup->error == EAI_ADDRFAMILY;
    if (lookup->error != 0 && !no_such_name) {
        throw base::Error{base::Kind::dns, "cannot resolve " + host + ": " + ::gai_strerror(lookup->error)};
    }
    return std::move(lookup->addresses);
}

}  // namespace signet::net
