#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "deliver/hooks.h"

namespace signet::deliver {

using base::Error;
using base::Kind;
using base::Path;

namespace {

constexpr std::size_t k_pid_file_limit = 4 << 10;

struct Target {
    int signal;
    std::string where;  // a file with a process id, or exe=PATH
};

constexpr std::pair<std::string_view, int> k_signals[] = {{"HUP", SIGHUP},    {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
                                                          {"INT", SIGINT},    {"QUIT", SIGQUIT}, {"TERM", SIGTERM},
                                                          {"WINCH", SIGWINCH}};

Target parse_target(const std::string& text) {
    const auto colon = text.find(':');
    if (colon != std::string::npos && colon + 1 < text.size()) {
        auto name = std::string_view(text).substr(0, colon);
        if (name.starts_with("SIG")) name.remove_prefix(3);
        for (const auto& [known, number] : k_signals) {
            if (name == known) return {number, text.substr(colon + 1)};
        }
    }
    throw Error{Kind::usage, "'" + base::printable(text) + "' is no signal and target",
                "use HUP:/run/NAME.pid or HUP:exe=/usr/sbin/NAME"};
}

std::optional<pid_t> parse_pid(std::string_view text) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    // 0 and below are groups, 1 is init: no service's.
    if (error != std::errc() || end != text.data() + text.size() || pid <= 1) return std::nullopt;
    return pid;
}

HookOutcome send(pid_t pid, int signal) {
    if (::kill(pid, signal) == 0) return {true, ""};
    return {false, "cannot signal the process " + std::to_string(pid) + ": " + ::strerror(errno)};
}

HookOutcome signal_pid_file(const Path& file, int signal) {
    const auto text = base::read_file(file, k_pid_file_limit);
    const auto pid = parse_pid(base::trim(text.substr(0, text.find('\n'))));  // PostgreSQL writes more below it
    if (!pid) return {false, file.string() + " holds no process id"};
    return send(*pid, signal);
}

/// A program that was upgraded while it runs shows up as "PATH (deleted)".
bool runs(pid_t pid, const std::string& program) {
    std::error_code error;
    const auto exe = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error).string();
    return !error && (exe == program || exe == program + " (deleted)");
}

HookOutcome signal_program(const Path& path, int signal) {
    std::error_code error;
    const auto canonical = std::filesystem::weakly_canonical(path, error);
    const auto program = error ? path.string() : canonical.string();
    int sent = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        const auto pid = parse_pid(entry.path().filename().string());
        if (!pid || *pid == ::getpid() || !runs(*pid, program)) continue;
        if (auto outcome = send(*pid, signal); !outcome.ok) return outcome;
        ++sent;
    }
    if (sent == 0) return {false, "no process runs " + program};
    return {true, ""};
}

}  // namespace

void check_signal(const std::string& target) {
    const auto where = parse_target(target).where;
    if (where.starts_with("exe=") && !where.starts_with("exe=/")) {
        throw Error{Kind::usage, "--signal: '" + base::printable(target) + "' names no program by its full path",
                    "write HUP:exe=/usr/sbin/NAME"};
    }
}

HookOutcome send_signal(const std::string& target) {
    constexpr std::string_view k_program = "exe=";
    const auto [signal, where] = parse_target(target);
    try {
        if (where.starts_with(k_program)) return signal_program(where.substr(k_program.size()), signal);
        return signal_pid_file(where, signal);
    } catch (const Error& error) {
        return {false, error.message()};
    }
}

}  // namespace signet::deliver
