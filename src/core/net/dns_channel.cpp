#include "net/dns_channel.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <array>

// c-ares 1.34 deprecates the calls that 1.18 has; both have them.
#define CARES_NO_DEPRECATED
#include <arpa/nameser.h>

#include <ares.h>

#include "base/error.h"
#include "net/socket.h"

namespace signet::net {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int k_tries = 3;
constexpr int k_edns_size = 1232;  // fits any path without fragments
constexpr std::size_t k_addresses = 32;
constexpr std::size_t k_texts = 64;
constexpr std::size_t k_text_size = 16 << 10;
constexpr std::size_t k_caa_records = 64;
constexpr int k_aliases = 8;
constexpr int k_type_txt = 16, k_type_caa = 257;

bool is_empty_answer(int status) { return status == ARES_ENODATA || status == ARES_ENOTFOUND; }

template <class T>
struct Answer {
    bool done = false;
    int status = ARES_SUCCESS;
    T value;
};

void on_addresses(void* argument, int status, int, ares_addrinfo* found) {
    auto& answer = *static_cast<Answer<std::vector<Address>>*>(argument);
    answer.done = true;
    answer.status = status;
    for (const auto* node = found == nullptr ? nullptr : found->nodes; node != nullptr; node = node->ai_next) {
        sockaddr_storage storage{};
        const auto size = std::min<std::size_t>(node->ai_addrlen, sizeof storage);
        std::copy_n(reinterpret_cast<const char*>(node->ai_addr), size, reinterpret_cast<char*>(&storage));
        if (answer.value.size() < k_addresses) answer.value.push_back(address_of(storage));
    }
    ares_freeaddrinfo(found);
}

void on_reply(void* argument, int status, int, unsigned char* reply, int size) {
    auto& answer = *static_cast<Answer<base::Bytes>*>(argument);
    answer.done = true;
    answer.status = status;
    if (reply != nullptr && size > 0) answer.value.assign(reply, reply + size);
}

std::vector<std::string> parse_texts(const base::Bytes& reply, int& status) {
    ares_txt_ext* found = nullptr;
    status = ares_parse_txt_reply_ext(reply.data(), static_cast<int>(reply.size()), &found);
    std::vector<std::string> texts;
    for (const auto* piece = found; piece != nullptr; piece = piece->next) {
        if (piece->record_start) {
            if (texts.size() == k_texts) break;
            texts.emplace_back();
        }
        const std::string_view bytes(reinterpret_cast<const char*>(piece->txt), piece->length);
        if (!texts.empty() && texts.back().size() + bytes.size() <= k_text_size) texts.back().append(bytes);
    }
    ares_free_data(found);
    return texts;
}

std::vector<CaaRecord> parse_caa(const base::Bytes& reply, int& status) {
    constexpr unsigned k_critical = 0x80;  // c-ares gives the whole octet of flags
    ares_caa_reply* found = nullptr;
    status = ares_parse_caa_reply(reply.data(), static_cast<int>(reply.size()), &found);
    std::vector<CaaRecord> records;
    for (const auto* piece = found; piece != nullptr; piece = piece->next) {
        const auto text = [](const unsigned char* bytes, std::size_t size) {
            return std::string(reinterpret_cast<const char*>(bytes), size);
        };
        records.push_back({(static_cast<unsigned>(piece->critical) & k_critical) != 0,
                           text(piece->property, piece->plength), text(piece->value, piece->length)});
    }
    ares_free_data(found);
    return records;
}

/// The name at the end of the CNAMEs in a reply that holds nothing else; "" when there is none.
std::string parse_alias(const base::Bytes& reply) {
    hostent* host = nullptr;
    // The A parser follows the aliases of the answer section, whatever was asked for.
    ares_parse_a_reply(reply.data(), static_cast<int>(reply.size()), &host, nullptr, nullptr);
    std::string alias;
    if (host != nullptr && host->h_aliases != nullptr && host->h_aliases[0] != nullptr) alias = host->h_name;
    if (host != nullptr) ares_free_hostent(host);
    return alias;
}

}  // namespace

void DnsChannel::Free::operator()(ares_channeldata* channel) const noexcept { ares_destroy(channel); }

DnsChannel::DnsChannel(const std::string& server, milliseconds timeout)
    : server_(server.empty() ? "the system's DNS" : "DNS server " + server), deadline_(steady_clock::now() + timeout) {
    ares_options options{};
    std::array<char, 2> lookups{'b', '\0'};  // DNS, not the hosts file
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS;
    // c-ares doubles the time-out with each try: these three fit into the whole.
    options.timeout = static_cast<int>(std::max<milliseconds::rep>(timeout.count() / 7, 50));
    options.tries = k_tries;
    options.ednspsz = k_edns_size;
    options.lookups = lookups.data();
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS;
#ifdef ARES_OPT_QUERY_CACHE
    options.qcache_max_ttl = 0;  // a CA wants to know what is there now
    mask |= ARES_OPT_QUERY_CACHE;
#endif
    // With all that resolv.conf could say given, c-ares does not read it anew for every channel. The server here is
    // only a stand-in for the one that follows.
    in_addr stand_in{htonl(INADDR_LOOPBACK)};
    if (!server.empty()) {
        options.servers = &stand_in;
        options.nservers = 1;
        options.ndots = 1;
        mask |= ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST | ARES_OPT_NDOTS;
    }
    ares_channel channel = nullptr;
    if (const int status = ares_init_options(&channel, &options, mask); status != ARES_SUCCESS)
        fail(status, "anything");
    channel_.reset(channel);
    if (server.empty()) return;
    if (const int status = ares_set_servers_ports_csv(channel, server.c_str()); status != ARES_SUCCESS) {
        fail(status, "anything");
    }
}

void DnsChannel::fail(int status, const std::string& name) const {
    // Which server it was is for the log: clients of the CA get the message.
    throw base::Error{base::Kind::dns, "cannot resolve " + name + ": " + ares_strerror(status)}.with("asking " +
                                                                                                     server_);
}

bool DnsChannel::run() {
    for (;;) {
        std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
        const int bits = ares_getsock(channel_.get(), sockets.data(), static_cast<int>(sockets.size()));
        std::vector<pollfd> entries;
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            const auto bit = static_cast<unsigned>(bits) >> i;
            const int events = ((bit & 1U) != 0 ? POLLIN : 0) | ((bit >> ARES_GETSOCK_MAXNUM & 1U) != 0 ? POLLOUT : 0);
            if (events != 0) entries.push_back({sockets[i], static_cast<short>(events), 0});
        }
        if (entries.empty()) return true;
        const auto left = std::chrono::ceil<milliseconds>(deadline_ - steady_clock::now());
        if (left.count() <= 0) return false;
        timeval most{left.count() / 1000, left.count() % 1000 * 1000};
        timeval until{};
        const timeval* wait = ares_timeout(channel_.get(), &most, &until);
        ::poll(entries.data(), entries.size(), static_cast<int>(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1));
        for (const auto& entry : entries) {
            const bool in = (entry.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
            const bool out = (entry.revents & POLLOUT) != 0;
            ares_process_fd(channel_.get(), in ? entry.fd : ARES_SOCKET_BAD, out ? entry.fd : ARES_SOCKET_BAD);
        }
    }
}

std::vector<Address> DnsChannel::addresses(const std::string& name) {
    Answer<std::vector<Address>> answer;
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_.get(), name.c_str(), nullptr, &hints, on_addresses, &answer);
    if (!run() || !answer.done) ares_cancel(channel_.get());
    if (!answer.done || answer.status == ARES_ECANCELLED) fail(ARES_ETIMEOUT, name);
    if (is_empty_answer(answer.status)) return {};
    if (answer.status != ARES_SUCCESS) fail(answer.status, name);
    return answer.value;
}

base::Bytes DnsChannel::ask(const std::string& name, int type) {
    Answer<base::Bytes> answer;
    ares_query(channel_.get(), name.c_str(), ns_c_in, type, on_reply, &answer);
    if (!run() || !answer.done) ares_cancel(channel_.get());
    if (!answer.done || answer.status == ARES_ECANCELLED) fail(ARES_ETIMEOUT, name);
    if (is_empty_answer(answer.status)) return {};
    if (answer.status != ARES_SUCCESS) fail(answer.status, name);
    return std::move(answer.value);
}

template <class Record>
std::vector<Record> DnsChannel::records(const std::string& name, int type,
                                        std::vector<Record> (*parse)(const base::Bytes& reply, int& status)) {
    std::string at = name;
    for (int i = 0; i <= k_aliases; ++i) {
        const auto reply = ask(at, type);
        if (reply.empty()) return {};
        int status = ARES_SUCCESS;
        auto found = parse(reply, status);
        if (status != ARES_SUCCESS && !is_empty_answer(status)) fail(status, at);
        if (!found.empty()) return found;
        at = parse_alias(reply);
        if (at.empty()) return {};
    }
    throw base::Error{base::Kind::dns, name + " is the start of too long a chain of aliases"};
}

std::vector<std::string> DnsChannel::texts(const std::string& name) { return records(name, k_type_txt, parse_texts); }

std::vector<CaaRecord> DnsChannel::caa(const std::string& name) {
    auto found = records(name, k_type_caa, parse_caa);
    if (found.size() > k_caa_records) throw base::Error{base::Kind::dns, name + " has more CAA records than are read"};
    return found;
}

}  // namespace signet::net
