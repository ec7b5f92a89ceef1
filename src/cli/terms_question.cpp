#include "cli/terms_question.h"

#include <poll.h>
#include <unistd.h>

#include "base/text.h"

namespace signet::cli {
namespace {

constexpr int k_look = 200;  // milliseconds: how soon a signal is noticed
constexpr std::size_t k_answer_limit = 64;

std::string answer_of(const std::stop_token& stop) {
    std::string answer;
    while (!stop.stop_requested() && answer.size() < k_answer_limit) {
        pollfd input{STDIN_FILENO, POLLIN, 0};
        if (::poll(&input, 1, k_look) <= 0) continue;
        char c = 0;
        if (::read(STDIN_FILENO, &c, 1) <= 0 || c == '\n') break;
        answer += c;
    }
    return base::lower(base::trim(answer));
}

}  // namespace

std::function<bool(const std::string& url)> terms_question(Output& out, std::stop_token stop) {
    if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) return {};
    return [&out, stop](const std::string& url) {
        out.question("The server has terms of service: " + base::printable(url, 500) +
                     "\nDo you agree to them? [y/N] ");
        const auto answer = answer_of(stop);
        return answer == "y" || answer == "yes";
    };
}

}  // namespace signet::cli
