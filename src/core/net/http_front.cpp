#include "net/http_front.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/log.h"

namespace signet::net {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t k_worker_event = 0;  // connections are numbered from 1
constexpr int k_accepts_per_round = 64;      // then deadlines have their turn
constexpr auto k_exhausted_pause = milliseconds(100);
constexpr auto k_drain_round = milliseconds(20);
constexpr auto k_longest_sleep = milliseconds(60'000);

base::Fd make_event() { return base::Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

void signal_event(int fd) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);  // full means signalled already
}

std::uint32_t events_for(HttpConnection::Next next) {
    switch (next) {
        case HttpConnection::Next::read:
            return EPOLLIN;
        case HttpConnection::Next::write:
            return EPOLLOUT;
        // A socket can nearly always be written to: the event comes at once, but behind those that wait already.
        case HttpConnection::Next::yield:
            return EPOLLIN | EPOLLOUT;
        case HttpConnection::Next::close:
            return 0;
    }
    return 0;
}

/// The soft limit of descriptors is often 1024; what the hard limit grants, a server may take.
void allow_descriptors(std::size_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

HttpServer::Front::Front(std::vector<ListenerSettings> listeners, Handler handler, std::size_t threads,
                         HttpLimits limits, Refusal refusal)
    : handler_(std::move(handler)),
      refusal_(std::move(refusal)),
      limits_(limits),
      thread_count_(std::max<std::size_t>(threads, 1)),
      context_{handler_, refusal_, limits_, draining_, counters_},
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      keeper_event_(make_event()),
      worker_event_(make_event()),
      peers_(limits_.connections, limits_.connections_of_peer) {
    if (!epoll_ || !keeper_event_ || !worker_event_) {
        throw base::Error{base::Kind::environment, "cannot make an epoll set: too many open files"};
    }
    for (const auto& settings : listeners) listeners_.emplace_back(settings);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = k_worker_event;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, worker_event_.get(), &event);
}

HttpServer::Front::~Front() { stop(milliseconds(0)); }

void HttpServer::Front::set_identity(const TlsIdentity& identity) {
    auto context = make_server_context(identity);
    const std::lock_guard lock(tls_mutex_);
    tls_context_ = std::move(context);
}

TlsContext HttpServer::Front::tls_context() {
    const std::lock_guard lock(tls_mutex_);
    return tls_context_;
}

void HttpServer::Front::limit_bodies(std::size_t listener, std::size_t bytes) {
    listeners_.at(listener).limit_bodies(bytes);
}

int HttpServer::Front::port(std::size_t listener) const { return listeners_.at(listener).port(); }

void HttpServer::Front::start() {
    const bool tls = std::any_of(listeners_.begin(), listeners_.end(), [](const Listener& l) { return l.tls(); });
    if (tls && !tls_context())
        throw base::Error{base::Kind::internal, "a TLS listener was started without an identity"};
    constexpr std::size_t k_other_descriptors = 256;
    allow_descriptors(limits_.connections + k_other_descriptors);
    const std::lock_guard lock(stop_mutex_);
    try {
        // First who accepts: clients that wait already are answered before the last worker is there.
        threads_.emplace_back([this] { keep(); });
        for (std::size_t i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {  // those that run already end with the front
        throw base::Error{
            base::Kind::environment,
            "cannot start the server's " + std::to_string(thread_count_ + 1) + " threads: " + error.what(),
            "raise the limit of processes (ulimit -u) or of tasks (TasksMax= of systemd)"};
    }
}

void HttpServer::Front::stop(milliseconds grace) {
    const std::lock_guard stop_lock(stop_mutex_);
    if (!stopping_.load() && !threads_.empty()) {
        draining_ = true;
        wake_keeper();
        std::unique_lock lock(table_mutex_);
        table_empty_.wait_for(lock, grace, [&] { return table_.empty(); });
    }
    stopping_ = true;
    signal_event(worker_event_.get());
    wake_keeper();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    for (auto& listener : listeners_) listener.close();
    const std::lock_guard lock(table_mutex_);
    table_.clear();
    peers_.clear();
}

void HttpServer::Front::wake_keeper() const { signal_event(keeper_event_.get()); }

// Workers

void HttpServer::Front::work() {
    while (!stopping_.load()) {
        epoll_event event{};
        if (::epoll_wait(epoll_.get(), &event, 1, -1) != 1 || event.data.u64 == k_worker_event) continue;
        const auto slot = find(event.data.u64);
        if (!slot) continue;
        const std::lock_guard lock(slot->mutex);
        if (!slot->closed) drive(slot, &HttpConnection::advance);
    }
}

void HttpServer::Front::drive(const SlotPointer& slot, HttpConnection::Next (HttpConnection::*step)()) {
    try {
        settle(slot, (slot->connection.*step)());
    } catch (const std::exception& error) {  // out of memory: it costs this connection, not the server
        base::log(base::Level::error, "dropped a connection", {{"error", error.what()}});
        close(*slot);
    }
}

void HttpServer::Front::settle(const SlotPointer& slot, HttpConnection::Next next, bool added) {
    const bool done = next == HttpConnection::Next::close || (draining_.load() && slot->connection.at_rest());
    if (done) return close(*slot);
    remind(*slot);
    epoll_event event{};
    event.events = events_for(next) | static_cast<std::uint32_t>(EPOLLONESHOT);
    event.data.u64 = slot->id;
    const int operation = added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (::epoll_ctl(epoll_.get(), operation, slot->connection.fd(), &event) != 0) close(*slot);
}

void HttpServer::Front::remind(Slot& slot) {
    if (slot.connection.deadline() >= slot.reminder) return;  // looked at earlier anyway
    slot.reminder = slot.connection.deadline();
    if (deadlines_.push(slot.reminder, slot.id)) wake_keeper();
}

void HttpServer::Front::close(Slot& slot) {
    slot.closed = true;
    const std::lock_guard lock(table_mutex_);
    // The socket is closed when the last pointer to the slot goes, which leaves the epoll set by itself.
    if (table_.erase(slot.id) > 0) peers_.leave(slot.peer);
    if (table_.empty()) table_empty_.notify_all();
}

HttpServer::Front::SlotPointer HttpServer::Front::find(std::uint64_t id) {
    const std::lock_guard lock(table_mutex_);
    const auto entry = table_.find(id);
    return entry == table_.end() ? nullptr : entry->second;
}

std::size_t HttpServer::Front::connections() {
    const std::lock_guard lock(table_mutex_);
    return table_.size();
}

std::vector<HttpServer::Front::SlotPointer> HttpServer::Front::all() {
    const std::lock_guard lock(table_mutex_);
    std::vector<SlotPointer> slots;
    slots.reserve(table_.size());
    for (const auto& [id, slot] : table_) slots.push_back(slot);
    return slots;
}

// The keeper

void HttpServer::Front::keep() {
    while (!stopping_.load()) {
        const auto now = std::chrono::steady_clock::now();
        wait_for_listeners(now);
        if (draining_.load()) {
            for (auto& listener : listeners_) listener.close();
            close_what_rests();
        } else {
            for (auto& listener : listeners_) accept_some(listener);
        }
        look_after_deadlines();
    }
}

void HttpServer::Front::wait_for_listeners(Time now) {
    auto sleep = k_longest_sleep;
    if (const auto next = deadlines_.next()) {
        sleep = std::clamp(std::chrono::ceil<milliseconds>(*next - now), milliseconds(0), sleep);
    }
    const bool paused = now < accept_again_;
    if (paused) sleep = std::min(sleep, k_exhausted_pause);
    if (draining_.load()) sleep = std::min(sleep, k_drain_round);
    std::vector<pollfd> entries{{keeper_event_.get(), POLLIN, 0}};
    if (!paused) {
        for (const auto& listener : listeners_) entries.push_back({listener.fd(), POLLIN, 0});
    }
    ::poll(entries.data(), entries.size(), static_cast<int>(sleep.count()));
    std::uint64_t calls = 0;
    [[maybe_unused]] const auto size = ::read(keeper_event_.get(), &calls, sizeof calls);
}

void HttpServer::Front::accept_some(Listener& listener) {
    for (int i = 0; i < k_accepts_per_round; ++i) {
        auto accepted = listener.accept();
        switch (accepted.outcome) {
            case Listener::Outcome::taken:
                take_or_drop(std::move(accepted), listener);
                break;
            case Listener::Outcome::none:
                return;
            case Listener::Outcome::broken_connection:
                break;
            case Listener::Outcome::exhausted:
                base::log(base::Level::warning, "out of descriptors or memory for new connections");
                accept_again_ = std::chrono::steady_clock::now() + k_exhausted_pause;
                return;
        }
    }
}

void HttpServer::Front::take_or_drop(Listener::Accepted accepted, const Listener& listener) {
    try {
        take(std::move(accepted), listener);
    } catch (const std::exception& error) {
        base::log(base::Level::error, "dropped a new connection", {{"error", error.what()}});
    }
}

/// The peer, counted; nullopt when it may not have another connection now.
std::optional<std::uint64_t> HttpServer::Front::admit(const std::string& address) {
    const std::lock_guard lock(table_mutex_);
    const auto [verdict, peer] = peers_.enter(address, table_.size());
    switch (verdict) {
        case PeerCount::Verdict::room:
            counters_.connections_accepted.add();
            return peer;
        case PeerCount::Verdict::full:
            counters_.connections_over_limit.add();
            return std::nullopt;
        case PeerCount::Verdict::too_many:
            counters_.connections_over_address_limit.add();
            return std::nullopt;
    }
    return std::nullopt;
}

void HttpServer::Front::take(Listener::Accepted accepted, const Listener& listener) {
    const auto peer = admit(accepted.remote_address);
    if (!peer) return;
    Stream stream(std::move(accepted.socket));
    if (listener.tls()) stream.start_tls(make_server_ssl(tls_context()));
    const auto slot = std::make_shared<Slot>(
        ++last_id_, *peer,
        HttpConnection(context_, listener.body_bytes(), std::move(stream), std::move(accepted.remote_address)));
    const std::lock_guard lock(slot->mutex);
    {
        const std::lock_guard table_lock(table_mutex_);
        table_.emplace(slot->id, slot);
    }
    settle(slot, HttpConnection::Next::read, false);
}

void HttpServer::Front::look_after_deadlines() {
    const auto now = std::chrono::steady_clock::now();
    while (const auto entry = deadlines_.pop_due(now)) {
        const auto slot = find(entry->id);
        if (!slot) continue;
        const std::unique_lock lock(slot->mutex, std::try_to_lock);
        if (!lock.owns_lock()) {
            // Being served right now: its driver may not set a reminder, so ask again soon.
            deadlines_.push(now + k_exhausted_pause, entry->id);
            continue;
        }
        if (slot->closed || entry->when < slot->reminder) continue;
        slot->reminder = Time::max();
        const bool due = slot->connection.deadline() <= now;
        if (due) {
            drive(slot, &HttpConnection::expire);
        } else {
            remind(*slot);
        }
    }
}

void HttpServer::Front::close_what_rests() {
    for (const auto& slot : all()) {
        const std::unique_lock lock(slot->mutex, std::try_to_lock);
        if (lock.owns_lock() && !slot->closed && slot->connection.at_rest()) close(*slot);
    }
}

}  // namespace signet::net
