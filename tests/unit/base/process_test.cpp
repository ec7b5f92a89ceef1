#include "base/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "support/temporary_directory.h"

using namespace signet::base;

TEST_CASE("process: input, both outputs and the exit code") {
    const ProcessResult result =
        run_process({.arguments = {"sh", "-c", "cat; echo problem >&2; exit 3"}, .input = "hello\n"});
    CHECK(result.exit_code == 3);
    CHECK(result.output == "hello\n");
    CHECK(result.errors == "problem\n");
    CHECK_FALSE(result.timed_out);
}

TEST_CASE("process: the environment is clean, and arguments are words, not a shell's text") {
    ::setenv("SIGNET_CANARY", "leaked", 1);
    const ProcessResult result = run_process({.arguments = {"env"}, .environment = {{"SIGNET_HOOK_DIR", "/d"}}});
    ::unsetenv("SIGNET_CANARY");
    CHECK(result.output.find("leaked") == std::string::npos);
    CHECK(result.output.find("SIGNET_HOOK_DIR=/d\n") != std::string::npos);
    CHECK(result.output.find("PATH=/usr/local/sbin:") != std::string::npos);
    CHECK(run_process({.arguments = {"echo", "$HOME `id` *"}}).output == "$HOME `id` *\n");
}

TEST_CASE("process: no descriptor but the three is inherited") {
    const Fd open_on_purpose(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
    const ProcessResult result = run_process({.arguments = {"ls", "/proc/self/fd"}});
    CHECK(result.output == "0\n1\n2\n3\n");  // 3 is the directory that ls reads
}

TEST_CASE("process: its group is ended at the deadline, stubborn children too") {
    const ProcessResult polite =
        run_process({.arguments = {"sleep", "600"}, .deadline = std::chrono::milliseconds(50)});
    CHECK(polite.timed_out);
    CHECK(polite.exit_code == 128 + 15);
    const ProcessResult stubborn = run_process({.arguments = {"sh", "-c", "trap '' TERM; sleep 600 & wait; sleep 600"},
                                                .deadline = std::chrono::milliseconds(200)});
    CHECK(stubborn.timed_out);
    CHECK(stubborn.exit_code == 128 + 9);
}

TEST_CASE("process: a daemon that keeps the pipes open does not keep us") {
    const ProcessResult result = run_process({.arguments = {"sh", "-c", "echo started; sleep 5 &"}});
    CHECK(result.exit_code == 0);
    CHECK(result.output == "started\n");
    CHECK_FALSE(result.timed_out);
}

TEST_CASE("process: output beyond the limit is dropped, and an endless writer ends at the deadline") {
    const ProcessResult much = run_process({.arguments = {"head", "-c", "1000000", "/dev/zero"}, .output_limit = 1000});
    CHECK(much.exit_code == 0);
    CHECK(much.output.size() == 1000);
    const ProcessResult endless = run_process({.arguments = {"yes"}, .deadline = std::chrono::milliseconds(50)});
    CHECK(endless.timed_out);
}

TEST_CASE("process: input that nobody reads kills nobody") {
    const ProcessResult result = run_process({.arguments = {"true"}, .input = std::string(1 << 20, 'x')});
    CHECK(result.exit_code == 0);
}

TEST_CASE("process: what cannot be started is an error of the environment") {
    for (const char* name : {"signet-no-such-program", "/no/such/program", "/etc/passwd"}) {
        CAPTURE(name);
        try {
            run_process({.arguments = {name}});
            FAIL("started");
        } catch (const Error& error) {
            CHECK(error.kind() == Kind::environment);
            CHECK(error.message().find(name) != std::string::npos);
        }
    }
    CHECK_THROWS_AS(run_process({}), Error);
}

TEST_CASE("process: a stop request ends its group at once, and is told from the deadline") {
    std::stop_source stop;
    std::jthread later([&] { stop.request_stop(); });
    const ProcessResult stopped =
        run_process({.arguments = {"sh", "-c", "trap '' TERM; sleep 600 & wait; sleep 600"}, .stop = stop.get_token()});
    CHECK(stopped.stopped);
    CHECK_FALSE(stopped.timed_out);
    CHECK(stopped.exit_code > 128);
    CHECK(run_process({.arguments = {"sleep", "600"}, .stop = stop.get_token()}).stopped);  // requested before
}
