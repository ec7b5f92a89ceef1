#include "base/log.h"

#include <unistd.h>

#include <doctest/doctest.h>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "support/temporary_directory.h"

using namespace signet::base;

namespace {

template <class T>
concept Loggable = requires(const T& value) {
    Field{"name", value};
};
static_assert(Loggable<std::string> && !Loggable<Secret>);

/// What `act` writes to standard error.
std::string standard_error(const std::function<void()>& act) {
    const signet::test::TemporaryDirectory directory;
    write_file(directory / "log", "");
    const Fd saved(::dup(STDERR_FILENO));
    const std::FILE* file = std::freopen((directory / "log").c_str(), "a", stderr);
    REQUIRE(file != nullptr);
    act();
    ::dup2(saved.get(), STDERR_FILENO);
    configure_log({});
    return read_file(directory / "log", 100000);
}

}  // namespace

TEST_CASE("log: one line of text an event, from the level up") {
    const std::string text = standard_error([] {
        configure_log({.level = Level::info});
        log(Level::info, "certificate issued", {{"serial", "0a1b"}, {"name", "a b"}, {"note", ""}});
        log(Level::warning, "trust mode");
        log(Level::debug, "not shown");
    });
    CHECK(text ==
          "signet: certificate issued serial=0a1b name=\"a b\" note=\"\"\n"
          "signet: warning: trust mode\n");
}

TEST_CASE("log: what comes from outside can neither break the line nor the terminal") {
    const std::string text = standard_error([] {
        configure_log({.level = Level::info});
        log(Level::info, "seen\nfake", {{"path", "/x\n\x1b[2J\" y"}});
    });
    CHECK(text == "signet: seen\\x0afake path=\"/x\\x0a\\x1b[2J\\\" y\"\n");
}

TEST_CASE("log: JSON is JSON whatever the values") {
    const std::string text = standard_error([] {
        configure_log({.level = Level::debug, .json = true, .timestamps = true});
        log(Level::debug, "say \"hi\"", {{"path", "\\\xff\n"}});
    });
    const Json line = parse_json(text, "log");
    CHECK(line["level"] == "debug");
    CHECK(line["message"] == "say \"hi\"");
    CHECK(line["path"] == "\\x5c\\xff\\x0a");
    CHECK(line["time"].get<std::string>().ends_with('Z'));
}
