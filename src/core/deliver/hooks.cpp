#include "deliver/hooks.h"

#include <algorithm>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"

namespace signet::deliver {

namespace {

constexpr auto k_deadline = std::chrono::seconds(60);  // a service may take its time to reload

std::map<std::string, std::string> environment_of(const HookFacts& facts) {
    std::vector<std::string> names;
    for (const auto& name : facts.leaf.names()) names.push_back(name.text());
    const auto directory = std::filesystem::absolute(facts.directory).lexically_normal();
    return {
        {"SIGNET_HOOK_DIR", directory.string()},
        {"SIGNET_HOOK_NAMES", base::join(names, " ")},
        {"SIGNET_HOOK_SERIAL", facts.leaf.serial_hex()},
        {"SIGNET_HOOK_OLD_SERIAL", facts.old_serial},
        {"SIGNET_HOOK_NOT_AFTER", base::format_time(facts.leaf.not_after())},
        {"SIGNET_HOOK_CERT", (directory / "tls.crt").string()},
        {"SIGNET_HOOK_KEY", (directory / "tls.key").string()},
        {"SIGNET_HOOK_CA", (directory / "ca.crt").string()},
    };
}

std::string last_line(std::string_view text) {
    const auto trimmed = base::trim(text);
    const auto start = trimmed.rfind('\n');
    return base::printable(start == std::string_view::npos ? trimmed : base::trim(trimmed.substr(start)));
}

HookOutcome outcome_of(const base::ProcessResult& result) {
    if (result.exit_code == 0 && !result.timed_out) return {true, ""};
    std::string message;
    if (result.timed_out) {
        message = "the hook did not end within " + std::to_string(k_deadline.count()) + " seconds";
    } else if (result.exit_code > 128) {
        message = "the hook was ended by signal " + std::to_string(result.exit_code - 128);
    } else {
        message = "the hook exited with " + std::to_string(result.exit_code);
    }
    const auto said = last_line(base::trim(result.errors).empty() ? result.output : result.errors);
    return {false, said.empty() ? message : message + ": " + said};
}

}  // namespace

void check_command(const std::string& command) {
    constexpr auto k_hint = "write --exec 'PROGRAM ARGUMENTS'";
    if (command.empty()) return;
    std::vector<std::string> words;
    try {
        words = base::split_command(command);
    } catch (const base::Error& error) {
        throw base::Error{base::Kind::usage, "--exec: " + error.message(),
                          error.hint().empty() ? k_hint : error.hint()};
    }
    if (words.empty() || words.front().empty()) throw base::Error{base::Kind::usage, "--exec names no program", k_hint};
}

HookOutcome run_hook(const std::string& command, const HookFacts& facts) {
    try {
        base::ProcessRequest request;
        request.arguments = base::split_command(command);
        if (request.arguments.empty()) return {false, "the hook is empty"};
        request.environment = environment_of(facts);
        request.deadline = k_deadline;
        return outcome_of(base::run_process(request));
    } catch (const base::Error& error) {
        return {false, error.message()};
    }
}

}  // namespace signet::deliver
