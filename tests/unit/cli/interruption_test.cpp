#include "cli/interruption.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <thread>

#include "base/error.h"

using namespace signet;

namespace {

constexpr int k_exit_handlers_ran = 9;

struct Endless : net::Transport {
    net::Response send(const net::OutboundRequest&) override {
        for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
};

[[noreturn]] void daemon_in_a_conversation() {
    std::atexit([] { ::_exit(k_exit_handlers_ran); });
    {
        cli::Interruption interruption([] {});
        const auto transport =
            interruption.transports([](net::TransportSettings) { return std::make_unique<Endless>(); })({});
        ::kill(::getpid(), SIGTERM);
        try {
            transport->send({});
        } catch (const base::Error&) {
            interruption.forgive();
        }
    }
    std::exit(0);
}

}  // namespace

TEST_CASE("interruption: a conversation that is left in the middle does not meet the exit handlers") {
    const pid_t child = ::fork();
    if (child == 0) daemon_in_a_conversation();
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
