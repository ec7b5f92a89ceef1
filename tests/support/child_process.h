#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>

namespace signet::test {

/// A fork of the test process that runs `work` and exits: 0, or 1 when it throws. Killed and reaped when it dies.
/// To be started while the test has no other thread.
class ChildProcess {
public:
    template <class Work>
    explicit ChildProcess(Work work) : pid_(fork_now()) {
        if (pid_ < 0) throw std::runtime_error("cannot fork");
        if (pid_ > 0) return;
        try {
            work();
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess() {
        if (pid_ > 0) kill();
    }

    pid_t pid() const { return pid_; }
    /// Its exit status; 128 + signal when a signal ended it.
    int wait() {
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    /// kill -9, and its exit status.
    int kill() {
        ::kill(pid_, SIGKILL);
        return wait();
    }

private:
    static pid_t fork_now() {
        std::fflush(nullptr);  // else both would print what is buffered
        return ::fork();
    }
    pid_t pid_;
};

}  // namespace signet::test
