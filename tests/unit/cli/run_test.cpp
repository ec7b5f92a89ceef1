#include "cli/run.h"

#include <doctest/doctest.h>
#include <map>

#include "capture.h"

using namespace signet;
using cli::Capture;

namespace {

struct NoDialer final : net::TlsDialer {
    net::TlsHandshake dial(const net::TlsDialRequest&) override { throw std::logic_error("no network here"); }
};

struct Result {
    int code;
    std::string out, err;
};

Result run(const std::vector<std::string>& words, const std::map<std::string, std::string>& variables = {}) {
    base::SystemClock clock;
    base::OsRandom random;
    NoDialer dialer;
    cli::Seams seams{.clock = clock, .random = random, .dialer = dialer, .make_resolver = {}, .make_transport = {}};
    const cli::Environment environment = [&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
    Capture out, err;
    const int code = cli::run(words, environment, seams, {.out = out.fd(), .err = err.fd()});
    return {code, out.text(), err.text()};
}

}  // namespace

TEST_CASE("run: version in every form") {
    CHECK(run({"--version"}).out == "signet " SIGNET_VERSION "\n");
    CHECK(run({"version"}).out == "signet " SIGNET_VERSION "\n");
    CHECK(run({"version", "--json"}).out.find("\"version\": \"" SIGNET_VERSION "\"") != std::string::npos);
}

TEST_CASE("run: help goes to standard output with exit 0, usage errors to standard error with exit 2") {
    const auto help = run({"--help"});
    CHECK(help.code == 0);
    CHECK(help.err.empty());
    CHECK(run({"help", "version"}).out == run({"version", "--help"}).out);
    const auto wrong = run({"versoin"});
    CHECK(wrong.code == 2);
    CHECK(wrong.out.empty());
    CHECK(wrong.err == "signet: unknown command 'versoin'\n  try: signet version\n");
    CHECK(run({}).code == 2);
}

TEST_CASE("run: a line that was not understood is answered in JSON when it asks for it") {
    const auto flag = run({"versoin", "--json"});
    CHECK(flag.err ==
          R"({"error":{"kind":"usage","message":"unknown command 'versoin'","hint":"signet version","parts":[]}})"
          "\n");
    CHECK(run({"versoin"}, {{"SIGNET_JSON", "1"}}).err == flag.err);
}

TEST_CASE("run: no option of later work exists yet") {
    for (const char* option : {"--batch", "--notify"}) CHECK(run({option, "x", "version"}).code == 2);
}
