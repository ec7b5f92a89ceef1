#include "server/authorize_command.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"

namespace signet::server {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_output_limit = 8 << 10;  // what is read of it; far less is shown
constexpr std::size_t k_reason_limit = 500;
constexpr int k_refused = 1;

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!space) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    return std::string(base::trim(line));
}

std::string how_it_ended(const base::ProcessResult& result, const GateLimits& limits) {
    if (result.timed_out) return "did not end within " + std::to_string(limits.deadline.count()) + " ms";
    if (result.exit_code > 128) return "was ended by signal " + std::to_string(result.exit_code - 128);
    return "ended with " + std::to_string(result.exit_code) + ", which is neither yes (0) nor no (1)";
}

}  // namespace

/// A place among the running ones, for as long as it lives.
class AuthorizeGate::Turn {
public:
    explicit Turn(AuthorizeGate& gate) : gate_(gate) {
        const auto& limits = gate.limits_;
        std::unique_lock lock(gate.mutex_);
        const auto patience = gate.waiting_ < limits.waiting ? limits.deadline : limits.crowd_patience;
        ++gate.waiting_;
        const bool turn = gate.free_.wait_for(lock, patience, [&] { return gate.running_ < limits.running; });
        --gate.waiting_;
        if (!turn) {
            throw Error{Kind::rate_limited, "too many orders wait for the program that decides about them",
                        "try again in a few seconds"};
        }
        ++gate.running_;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        {
            const std::lock_guard lock(gate_.mutex_);
            --gate_.running_;
        }
        gate_.free_.notify_one();
    }

private:
    AuthorizeGate& gate_;
};

std::string gate_reason(std::string_view output, std::string_view errors) {
    const auto said = one_line(output);
    auto reason = base::printable(said.empty() ? one_line(errors) : said, k_reason_limit);
    if (reason.size() > k_reason_limit) {  // each octet beyond ASCII takes four characters
        constexpr std::string_view more = "...";
        reason.replace(k_reason_limit - more.size(), std::string::npos, more);
    }
    return reason;
}

void AuthorizeGate::ask(const std::string& command, const std::map<std::string, std::string>& environment,
                        const base::Json& question) {
    base::ProcessRequest request;
    request.arguments = base::split_command(command);
    request.environment = environment;
    request.input = base::dump_json(question) + "\n";
    request.deadline = limits_.deadline;
    request.output_limit = k_output_limit;
    const auto result = [&] {
        const WaitingPlaces::Place place(places_);
        const Turn turn(*this);
        return base::run_process(request);
    }();
    if (!result.timed_out && result.exit_code == 0) return;
    const auto reason = gate_reason(result.output, result.errors);
    if (!result.timed_out && result.exit_code == k_refused) {
        throw Error{Kind::refused, reason.empty() ? "the operator's rules refuse this" : reason};
    }
    throw Error{Kind::environment,
                "authorize_command " + how_it_ended(result, limits_) + (reason.empty() ? "" : ": " + reason),
                "run it by hand with the JSON that signet.toml(5) shows on its standard input"};
}

}  // namespace signet::server
