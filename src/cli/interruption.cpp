#include "cli/interruption.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "cli/exit_code.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr int k_grace = 10'000;  // milliseconds, for taking back what stands

Error interrupted() { return {Kind::environment, "interrupted by a signal", "run it again"}; }

sigset_t ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    return signals;
}

// The process with number 1 of a container is not ended by a signal that it does not handle.
[[noreturn]] void end_by(int signal) {
    std::signal(signal, SIG_DFL);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    ::raise(signal);
    ::_exit(128 + signal);
}

using Flag = std::shared_ptr<std::atomic<bool>>;

// One request on a thread of its own, so that a signal does not have to wait for the server.
struct Call {
    std::mutex mutex;
    std::condition_variable_any changed;
    bool done = false;
    std::optional<net::Response> response;
    std::exception_ptr failure;
};

void carry_out(Call& call, net::Transport& transport, const net::OutboundRequest& request) {
    std::optional<net::Response> response;
    std::exception_ptr failure;
    try {
        response = transport.send(request);
    } catch (...) {
        failure = std::current_exception();
    }
    const std::lock_guard lock(call.mutex);
    call.response = std::move(response);
    call.failure = failure;
    call.done = true;
    call.changed.notify_all();
}

class InterruptibleTransport final : public net::Transport {
public:
    InterruptibleTransport(std::shared_ptr<net::Transport> inner, std::stop_token stop, Flag left_behind)
        : inner_(std::move(inner)), stop_(std::move(stop)), left_behind_(std::move(left_behind)) {}

    net::Response send(const net::OutboundRequest& request) override {
        const auto call = std::make_shared<Call>();
        std::thread worker([call, inner = inner_, request] { carry_out(*call, *inner, request); });
        std::unique_lock lock(call->mutex);
        const bool done = call->changed.wait(lock, stop_, [&] { return call->done; });
        lock.unlock();
        if (!done) {
            *left_behind_ = true;
            worker.detach();  // it owns what it uses, and the process ends soon
            throw interrupted();
        }
        worker.join();
        if (call->failure) std::rethrow_exception(call->failure);
        return std::move(*call->response);
    }

private:
    std::shared_ptr<net::Transport> inner_;
    std::stop_token stop_;
    Flag left_behind_;
};

}  // namespace

bool InterruptibleClock::wait_until(base::Time when, std::stop_token stop) {
    std::stop_source either;
    const auto pass_on = [&] { either.request_stop(); };
    const std::stop_callback ours(stop_, pass_on), theirs(stop, pass_on);
    const bool reached = clock_.wait_until(when, either.get_token());
    if (stop_.stop_requested()) throw interrupted();
    return reached;
}

class Interruption::Watch {
public:
    explicit Watch(std::function<void()> hang_up) : signals_(ending_signals()), hang_up_(std::move(hang_up)) {
        ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
        signal_fd_ = base::Fd(::signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK));
        end_fd_ = base::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        thread_ = std::thread([this] { run(); });
    }
    ~Watch() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(end_fd_.get(), &one, sizeof one);
        thread_.join();
        if (signal_ != 0 && !forgiven_) end_by(signal_);
        if (*left_behind_) ::_exit(k_exit_done);  // its thread uses what exit handlers take away
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    std::stop_token token() const { return stop_.get_token(); }
    const Flag& left_behind() const { return left_behind_; }
    void forgive() { forgiven_ = true; }

private:
    void run() {
        std::array<pollfd, 2> watched{{{signal_fd_.get(), POLLIN, 0}, {end_fd_.get(), POLLIN, 0}}};
        for (;;) {
            const int ready = ::poll(watched.data(), watched.size(), signal_ == 0 ? -1 : k_grace);
            if (ready > 0 && watched[1].revents != 0) return;
            if (ready == 0) end_by(signal_);
            signalfd_siginfo info{};
            if (::read(signal_fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
            if (info.ssi_signo == SIGHUP && hang_up_) {
                hang_up_();
                continue;
            }
            if (signal_ != 0) end_by(signal_);
            signal_ = static_cast<int>(info.ssi_signo);
            stop_.request_stop();
        }
    }

    sigset_t signals_;
    sigset_t before_{};
    std::function<void()> hang_up_;
    base::Fd signal_fd_, end_fd_;
    std::atomic<int> signal_ = 0;
    std::atomic<bool> forgiven_ = false;
    const Flag left_behind_ = std::make_shared<std::atomic<bool>>(false);
    std::stop_source stop_;
    std::thread thread_;
};

Interruption::Interruption() : Interruption(std::function<void()>()) {}
Interruption::Interruption(std::function<void()> hang_up) : watch_(std::make_unique<Watch>(std::move(hang_up))) {}
Interruption::~Interruption() = default;

std::stop_token Interruption::token() const { return watch_->token(); }
void Interruption::forgive() { watch_->forgive(); }

MakeTransport Interruption::transports(MakeTransport make) const {
    return [make = std::move(make), stop = token(),
            left_behind = watch_->left_behind()](net::TransportSettings settings) -> std::unique_ptr<net::Transport> {
        return std::make_unique<InterruptibleTransport>(make(std::move(settings)), stop, left_behind);
    };
}

}  // namespace signet::cli
