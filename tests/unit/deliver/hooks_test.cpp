#include "deliver/hooks.h"

#include <signal.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fstream>

#include "bundles.h"
#include "support/child_process.h"

using namespace signet;
using test::TemporaryDirectory;

namespace {

deliver::HookFacts facts_for(const base::Path& directory) {
    return {directory, test::BundleMaker().make().leaf, "0102"};
}

/// A child that sleeps for a minute, ended by a signal or by the end of the test.
test::ChildProcess sleeper() {
    return test::ChildProcess([] { ::execl("/bin/sleep", "sleep", "60", static_cast<char*>(nullptr)); });
}

}  // namespace

TEST_CASE("hooks: the facts are in the environment, and nothing of ours besides") {
    const TemporaryDirectory directory;
    ::setenv("SIGNET_PASSPHRASE_FILE", "/secret", 1);
    const auto facts = facts_for(directory.path());
    const auto file = directory / "environment";
    const auto outcome = deliver::run_hook("/bin/sh -c 'env > \"" + file.string() + "\"'", facts);
    ::unsetenv("SIGNET_PASSPHRASE_FILE");
    CHECK(outcome.ok);
    const auto environment = "\n" + test::slurp(file);
    const auto has = [&](const std::string& line) { return environment.find("\n" + line + "\n") != std::string::npos; };
    CHECK(has("SIGNET_HOOK_DIR=" + directory.path().string()));
    CHECK(has("SIGNET_HOOK_NAMES=worker-1.internal"));
    CHECK(has("SIGNET_HOOK_SERIAL=" + facts.leaf.serial_hex()));
    CHECK(has("SIGNET_HOOK_OLD_SERIAL=0102"));
    CHECK(has("SIGNET_HOOK_NOT_AFTER=" + base::format_time(facts.leaf.not_after())));
    CHECK(has("SIGNET_HOOK_CERT=" + (directory / "tls.crt").string()));
    CHECK(has("SIGNET_HOOK_KEY=" + (directory / "tls.key").string()));
    CHECK(has("SIGNET_HOOK_CA=" + (directory / "ca.crt").string()));
    CHECK(environment.find("SIGNET_PASSPHRASE_FILE") == std::string::npos);
}

TEST_CASE("hooks: a failure is told with its last word, and is no exception") {
    const TemporaryDirectory directory;
    const auto facts = facts_for(directory.path());
    const struct {
        const char *command, *message;
    } rows[] = {
        {"/bin/sh -c 'echo first >&2; echo the last >&2; exit 3'", "the hook exited with 3: the last"},
        {"/bin/sh -c 'echo on output; exit 1'", "the hook exited with 1: on output"},
        {"/bin/false", "the hook exited with 1"},
        {"/bin/sh -c 'kill -9 $$'", "the hook was ended by signal 9"},
        {"", "the hook is empty"},
        {"   ", "the hook is empty"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.command);
        const auto outcome = deliver::run_hook(row.command, facts);
        CHECK_FALSE(outcome.ok);
        CHECK(outcome.message == row.message);
    }
    CHECK_FALSE(deliver::run_hook("/no/such/program", facts).ok);
    CHECK_FALSE(deliver::run_hook("/bin/sh 'open quote", facts).ok);
}

TEST_CASE("hooks: words are split like a shell's, and expanded in no way") {
    const TemporaryDirectory directory;
    const auto file = directory / "out";
    const auto facts = facts_for(directory.path());
    CHECK(deliver::run_hook("/bin/sh -c 'printf %s \"$1\" > \"$SIGNET_HOOK_DIR/out\"' sh '$HOME;*'", facts).ok);
    CHECK(test::slurp(file) == "$HOME;*");
}

TEST_CASE("signals: by process id file and by program") {
    const TemporaryDirectory directory;
    {
        auto child = sleeper();
        std::ofstream(directory / "pid") << child.pid() << "\n/var/lib/postgresql\n" << std::string(200, 'x') << "\n";
        CHECK(deliver::send_signal("USR1:" + (directory / "pid").string()).ok);
        CHECK(child.wait() == 128 + SIGUSR1);
        CHECK_FALSE(deliver::send_signal("HUP:" + (directory / "pid").string()).ok);  // gone
    }
    std::filesystem::copy_file("/bin/sleep", directory / "daemon");
    test::ChildProcess child(
        [&] { ::execl((directory / "daemon").c_str(), "daemon", "60", static_cast<char*>(nullptr)); });
    const auto target = "HUP:exe=" + (directory / "daemon").string();
    while (!deliver::send_signal(target).ok) ::usleep(1'000);  // until it has started
    CHECK(child.wait() == 128 + SIGHUP);
    CHECK_FALSE(deliver::send_signal(target).ok);
}

TEST_CASE("signals: what is no process of a service gets none") {
    const TemporaryDirectory directory;
    for (const auto* text : {"", "0", "1", "-1", "12x", "999999999999999999999"}) {
        std::ofstream(directory / "pid") << text;
        CAPTURE(text);
        CHECK_FALSE(deliver::send_signal("TERM:" + (directory / "pid").string()).ok);
    }
    CHECK_FALSE(deliver::send_signal("HUP:" + (directory / "none").string()).ok);
    for (const auto* bad : {"", "HUP", "HUP:", "KILL:/x", "9:/x", ":x"}) {
        CAPTURE(bad);
        CHECK(test::kind_of([&] { deliver::send_signal(bad); }) == base::Kind::usage);
    }
}

TEST_CASE("signals: forms of --signal") {
    for (const auto* good : {"HUP:/run/nginx.pid", "HUP:exe=/usr/sbin/nginx", "USR2:/run/haproxy.pid"}) {
        CAPTURE(good);
        CHECK_NOTHROW(deliver::check_signal(good));
    }
    for (const auto* bad : {"", "HUP", "HUP:", "HUP:exe=", "HUP:exe=nginx", "KILL:/run/x.pid", "/run/x.pid"}) {
        CAPTURE(bad);
        CHECK(test::kind_of([&] { deliver::check_signal(bad); }) == base::Kind::usage);
    }
}

TEST_CASE("hooks: a command is checked without being run") {
    deliver::check_command("");
    deliver::check_command("/bin/false --with 'two words'");
    deliver::check_command("no-such-program");  // may be installed by then
    for (const char* command : {"unclosed 'x", "unclosed \"x", "ends in a \\", " ", "''", "'' word"}) {
        CAPTURE(command);
        try {
            deliver::check_command(command);
            FAIL_CHECK("accepted");
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::Kind::usage);
            CHECK(error.message().starts_with("--exec"));
            CHECK_FALSE(error.hint().empty());
        }
    }
}
