#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"

extern char** environ;

namespace signet::test {

/// A foreign program in the background, killed and reaped when this dies. Its standard output and error can be read.
class BackgroundProgram {
public:
    explicit BackgroundProgram(std::vector<std::string> arguments) {
        int out[2];
        int in[2];
        if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(in, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        output_ = base::Fd(out[0]);
        input_ = base::Fd(in[1]);
        const base::Fd child_out(out[1]);
        const base::Fd child_in(in[0]);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, child_in.get(), 0);
        posix_spawn_file_actions_adddup2(&actions, child_out.get(), 1);
        posix_spawn_file_actions_adddup2(&actions, child_out.get(), 2);
        std::vector<char*> argv;
        for (auto& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        const int error = ::posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (error != 0) throw std::runtime_error("cannot start " + arguments[0]);
    }
    BackgroundProgram(const BackgroundProgram&) = delete;
    BackgroundProgram& operator=(const BackgroundProgram&) = delete;
    ~BackgroundProgram() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    /// Reads output until `text` has come, all told; false when the program ended or was silent for ten seconds before.
    bool wait_for(const std::string& text) {
        while (text_.find(text) == std::string::npos) {
            pollfd entry{output_.get(), POLLIN, 0};
            char buffer[4096];
            if (::poll(&entry, 1, 10'000) != 1) return false;
            const auto size = ::read(output_.get(), buffer, sizeof buffer);
            if (size <= 0) return false;
            text_.append(buffer, static_cast<std::size_t>(size));
        }
        return true;
    }
    /// Reads output until the program ends; false when it was silent for ten seconds before.
    bool ends() {
        char buffer[4096];
        for (;;) {
            pollfd entry{output_.get(), POLLIN, 0};
            if (::poll(&entry, 1, 10'000) != 1) return false;
            const auto size = ::read(output_.get(), buffer, sizeof buffer);
            if (size <= 0) return true;
            text_.append(buffer, static_cast<std::size_t>(size));
        }
    }
    void send(const std::string& text) {
        if (::write(input_.get(), text.data(), text.size()) < 0) throw std::runtime_error("write to a child");
    }
    const std::string& output() const { return text_; }

private:
    pid_t pid_ = -1;
    base::Fd output_;
    base::Fd input_;  // kept open: s_server ends at the end of its input
    std::string text_;
};

}  // namespace signet::test
