#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace signet::base {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view k_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr milliseconds k_grace = std::chrono::seconds(2);  // between SIGTERM and SIGKILL

[[noreturn]] void throw_environment(std::string_view what, int error) {
    std::array<char, 128> buffer{};
    throw Error(Kind::environment, std::string(what) + ": " + lower(::strerror_r(error, buffer.data(), buffer.size())));
}

std::string find_program(const std::string& name) {
    if (name.empty()) throw Error(Kind::bad_input, "no program to run: the command is empty");
    if (name.find('/') != std::string::npos) return name;
    for (const std::string_view directory : split(k_path, ':')) {
        std::string candidate = std::string(directory) + '/' + name;
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    throw Error(Kind::environment, "the program " + printable(name) + " is not in " + std::string(k_path),
                "install it, or name it by its full path");
}

/// Above the standard descriptors, whichever of them this process was started without.
Fd above_standard(int fd) {
    const Fd original(fd);
    if (!original) throw_environment("no descriptor for a program to run", errno);
    Fd moved(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!moved) throw_environment("no descriptor for a program to run", errno);
    return moved;
}

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{-1, -1};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_environment("no pipe for a program to run", errno);
        Fd write_end(ends[1]);
        in = above_standard(ends[0]);
        out = above_standard(write_end.release());
        ::fcntl(in.get(), F_SETFL, O_NONBLOCK);
    }
    Fd in;
    Fd out;
};

/// The input as a file in memory: read at the program's own pace, and no SIGPIPE when it does not want it.
Fd input_file(std::string_view input) {
    Fd fd = above_standard(::memfd_create("input", MFD_CLOEXEC));
    while (!input.empty()) {
        const ssize_t put = ::write(fd.get(), input.data(), input.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) throw_environment("no memory for the input of a program", errno);
        input.remove_prefix(static_cast<std::size_t>(put));
    }
    ::lseek(fd.get(), 0, SEEK_SET);
    return fd;
}

std::vector<std::string> clean_environment(const std::map<std::string, std::string>& wanted) {
    const auto own = [](const char* name, const char* fallback) {
        const char* value = std::getenv(name);
        return std::string(value != nullptr && *value != '\0' ? value : fallback);
    };
    std::map<std::string, std::string> all = {
        {"PATH", std::string(k_path)}, {"HOME", own("HOME", "/")}, {"LANG", own("LANG", "C.UTF-8")}};
    for (const auto& [name, value] : wanted) all[name] = value;
    std::vector<std::string> list;
    for (const auto& [name, value] : all) list.push_back(name + '=' + value);
    return list;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> list;
    for (std::string& text : strings) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

/// Default signals, an empty mask, its own group, no descriptor above the three.
pid_t spawn(const ProcessRequest& request, const Fd& input, const Fd& output, const Fd& errors) {
    std::vector<std::string> arguments = request.arguments;
    std::vector<std::string> environment = clean_environment(request.environment);
    const std::string program = find_program(arguments.empty() ? "" : arguments.front());
    const std::vector<char*> argument_list = pointers(arguments), environment_list = pointers(environment);

    // Nothing throws from here on until both are destroyed.
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors.get(), STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);

    pid_t pid = -1;
    const int error =
        ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argument_list.data(), environment_list.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw_environment("cannot run " + printable(program), error);
    return pid;
}

/// False at the end of file. What is beyond the limit is read, so that the program does not stall, and dropped.
bool read_some(const Fd& fd, std::string& out, std::size_t limit) {
    constexpr int k_rounds = 16;  // more than a pipe holds, yet an endless writer does not keep us from the deadline
    std::array<char, 16384> buffer;
    for (int round = 0; round < k_rounds; ++round) {
        const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN;
        if (got == 0) return false;
        out.append(buffer.data(), std::min(static_cast<std::size_t>(got), limit - std::min(limit, out.size())));
    }
    return true;
}

/// Watches one child until it has ended; reaps it whatever happens.
class Child {
public:
    explicit Child(pid_t pid) : pid_(pid), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (reaped_) return;
        signal_group(SIGKILL);
        reap();
    }

    /// True when it has ended; it stays a zombie, so that its number cannot become another process's.
    bool ended() const {
        siginfo_t info{};
        if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno != EINTR;
        return info.si_pid == pid_;
    }
    void signal_group(int signal) const { ::kill(-pid_, signal); }
    int reap() {
        int status = 0;
        pid_t got = -1;
        do got = ::waitpid(pid_, &status, 0);
        while (got < 0 && errno == EINTR);
        reaped_ = true;
        if (got < 0) return -1;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    int pidfd() const { return pidfd_.get(); }

private:
    pid_t pid_;
    Fd pidfd_;  // readable when the child has ended; none on kernels before 5.3
    bool reaped_ = false;
};

/// Readable from the stop request on.
class StopFd {
public:
    explicit StopFd(const std::stop_token& stop)
        : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), callback_(stop, [this] { ::eventfd_write(fd_.get(), 1); }) {}
    StopFd(const StopFd&) = delete;
    StopFd& operator=(const StopFd&) = delete;
    int get() const { return fd_.get(); }

private:
    Fd fd_;
    std::stop_callback<std::function<void()>> callback_;
};

int poll_timeout(Steady::time_point until, bool has_pidfd) {
    constexpr milliseconds k_look = milliseconds(20);  // how late the end is seen without a pidfd
    constexpr milliseconds k_longest = std::chrono::hours(1);
    const auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
    return static_cast<int>(std::clamp(left, milliseconds(0), has_pidfd ? k_longest : k_look).count());
}

}  // namespace

ProcessResult run_process(const ProcessRequest& request) {
    Pipe output, errors;
    Child child(spawn(request, input_file(request.input), output.out, errors.out));
    output.out.reset();
    errors.out.reset();

    const StopFd stop(request.stop);
    ProcessResult result;
    auto until = Steady::now() + request.deadline;
    bool ended = false, ending = false;
    while (!ended) {
        std::array<pollfd, 4> watched = {{{output.in.get(), POLLIN, 0},
                                          {errors.in.get(), POLLIN, 0},
                                          {child.pidfd(), POLLIN, 0},
                                          {ending ? -1 : stop.get(), POLLIN, 0}}};
        ::poll(watched.data(), watched.size(), poll_timeout(until, child.pidfd() >= 0));
        ended = child.ended();  // before the reads: what it wrote before its end is then in the pipes
        if (output.in && !read_some(output.in, result.output, request.output_limit)) output.in.reset();
        if (errors.in && !read_some(errors.in, result.errors, request.output_limit)) errors.in.reset();
        const bool stopped = !ending && request.stop.stop_requested();
        if (ended || (!stopped && Steady::now() < until)) continue;
        child.signal_group(ending ? SIGKILL : SIGTERM);
        if (!ending) (stopped ? result.stopped : result.timed_out) = true;
        ending = true;
        until = Steady::now() + k_grace;
    }
    if (ending) child.signal_group(SIGKILL);  // what it left behind in its group
    result.exit_code = child.reap();
    return result;
}

}  // namespace signet::base
