#include "cli/output.h"

#include <fcntl.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "capture.h"

using namespace signet;
using base::Error;
using base::Kind;
using cli::Capture;
using cli::Output;

TEST_CASE("output: keeps results back until flush, and aligns them") {
    Capture out, err;
    Output output{out.fd(), err.fd(), {}};
    output.facts({{"serial", "0a"}, {"left out", ""}, {"not after", "später"}});
    output.table({"NAME", "DAYS"}, {{"é", "1"}, {"longer", "20"}});
    CHECK(out.text().empty());
    output.flush();
    CHECK(out.text() == "serial:    0a\nnot after: später\nNAME    DAYS\né       1\nlonger  20\n");
    CHECK(err.text().empty());
}

TEST_CASE("output: an error has its message, place, parts and hint") {
    Capture out, err;
    Output output{out.fd(), err.fd(), {}};
    output.error(Error{Kind::refused,
                       "2 names are refused",
                       "change permit_dns",
                       {{"a.b", Kind::rejected_identifier, "not permitted"}, {"", Kind::refused, "too many"}}}
                     .with("profile default"));
    CHECK(err.text() ==
          "signet: 2 names are refused\n  where: profile default\n  - a.b: not permitted\n  - too many\n"
          "  try: change permit_dns\n");
}

TEST_CASE("output: a single part that is the message is not said twice") {
    Capture out, err;
    Output output{out.fd(), err.fd(), {}};
    output.error(Error{Kind::refused, "too many names", "", {{"", Kind::refused, "too many names"}}});
    CHECK(err.text() == "signet: too many names\n");
}

TEST_CASE("output: an error as JSON is one line with the members that scripts rely on") {
    Capture out, err;
    Output output{out.fd(), err.fd(), {.json = true}};
    output.error(Error{Kind::refused, "no", "try", {{"a.b", Kind::caa, "forbidden"}}});
    CHECK(
        err.text() ==
        R"({"error":{"kind":"refused","message":"no","hint":"try","parts":[{"identifier":"a.b","kind":"caa","message":"forbidden"}]}})"
        "\n");
}

TEST_CASE("output: -q silences progress and notes, not warnings") {
    Capture out, err;
    Output output{out.fd(), err.fd(), {.quiet = true}};
    output.progress("working");
    output.note("aside");
    output.warning("beware");
    CHECK(err.text() == "signet: warning: beware\n");
}

TEST_CASE("output: on a terminal the steps of a certificate share one live line") {
    Capture out, err;
    Output output{out.fd(), err.fd(), {.terminal_err = true}};
    output.step("web", "waiting for the server");
    output.step("web", "placed");
    output.done("web", "done");
    output.step("db", "placed");
    output.warning("beware");
    output.step("db", "again");
    output.line("result");
    output.flush();
    output.note("aside");
    CHECK(err.text() ==
          "\rweb: waiting for the server\rweb: placed                \rweb: done  \n"
          "\rdb: placed\nsignet: warning: beware\n"
          "\rdb: again\nsignet: note: aside\n");
    CHECK(out.text() == "result\n");
}

TEST_CASE("output: a live line fits the terminal, is not taken for an escape, and ends with the output") {
    Capture out, err;
    {
        Output output{out.fd(), err.fd(), {.terminal_err = true}};
        output.step(std::string(70, '/') + "web", std::string(20, 'a') + '\x1b' + std::string(70, 'b'));
    }
    const auto text = err.text();
    CHECK(text.size() == 1 + 79 + 1);
    CHECK(text.back() == '\n');
    CHECK(text.find("/web: aaa") != std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("output: elsewhere each step is a line, with its subject where there are many") {
    Capture out, err;
    Output output{out.fd(), err.fd(), {}};
    output.step("web", "placed");
    output.step("web", "placed", true);
    output.done("web", "done");
    CHECK(err.text() == "placed\nweb: placed\n");
    Output quiet{out.fd(), err.fd(), {.quiet = true, .terminal_err = true}};
    quiet.step("web", "placed");
    quiet.done("web", "done");
    CHECK(err.text() == "placed\nweb: placed\n");
}

TEST_CASE("output: colours only where they are wanted") {
    Capture out, err;
    CHECK(Output{out.fd(), err.fd(), {}}.paint(cli::Colour::red, "x") == "x");
    CHECK(Output{out.fd(), err.fd(), {.colour_out = true}}.paint(cli::Colour::red, "x") == "\x1b[31mx\x1b[0m");
}

TEST_CASE("output: a full standard output is an error") {
    const base::Fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    REQUIRE(full);
    Output output{full.get(), full.get(), {}};
    output.line("result");
    try {
        output.flush();
        FAIL("flush succeeded");
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::disk);
        CHECK(error.message() == "cannot write standard output: No space left on device");
    }
}

TEST_CASE("output: a certificate record in JSON has every member") {
    store::CertificateRecord record{};
    record.serial = "0a";
    record.names = {"a.internal"};
    record.not_before = 0;
    record.not_after = 100;
    const auto valid = cli::certificate_json(record, base::from_unix(50));
    for (const char* member : {"serial", "subject", "names", "ca", "profile", "not_before", "not_after", "status",
                               "source", "account", "fingerprint_sha256", "key_type"})
        CHECK(valid.contains(member));
    CHECK(valid["status"] == "valid");
    CHECK(valid["not_after"] == "1970-01-01T00:01:40Z");
    CHECK(cli::certificate_json(record, base::from_unix(101))["status"] == "expired");
    record.revoked_at = 60;
    CHECK(cli::certificate_json(record, base::from_unix(101))["status"] == "revoked");
}
