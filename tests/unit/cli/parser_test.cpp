#include "cli/parser.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "sample.h"

using namespace signet;
using cli::Sample;
using Words = std::vector<std::string>;

namespace {

// "message | hint" of the usage error that the line gives.
std::string complaint(Sample& sample, const Words& words) {
    try {
        sample.parse_line(words);
    } catch (const base::Error& error) {
        CHECK((error.kind() == base::Kind::usage || error.kind() == base::Kind::bad_input));
        return error.message() + " | " + error.hint();
    }
    return "accepted";
}

std::string complaint(const Words& words) {
    Sample sample;
    return complaint(sample, words);
}

}  // namespace

TEST_CASE("parser: reads options and words in any order") {
    Sample sample;
    CHECK(sample.parse_line({"get", "a", "--validity", "24h", "b", "-f", "c", "--dns", "x", "--dns=y"}) == "get");
    CHECK(sample.names == Words{"a", "b", "c"});
    CHECK(sample.dns == Words{"x", "y"});
    CHECK(*sample.validity == base::parse_duration("24h", "test"));
    CHECK(sample.force);
}

TEST_CASE("parser: global options may stand anywhere") {
    for (const Words& words : {Words{"--store", "/s", "--json", "ca", "init", "--needed", "x"},
                               Words{"ca", "--store", "/s", "init", "--json", "--needed", "x"},
                               Words{"ca", "init", "--needed", "x", "--json", "--store=/s"}}) {
        Sample sample;
        CHECK(sample.parse_line(words) == "ca init");
        CHECK(*sample.globals.store == "/s");
        CHECK(sample.globals.json);
        CHECK(sample.needed == "x");
    }
}

TEST_CASE("parser: words that look like commands, lists or marks are words") {
    Sample sample;
    sample.parse_line({"get", "ca", "copy", "get", "[::1]", "[a,b]", "++", "-"});
    CHECK(sample.names == Words{"ca", "copy", "get", "[::1]", "[a,b]", "++", "-"});
}

TEST_CASE("parser: after -- everything is a word") {
    Sample sample;
    sample.parse_line({"get", "--", "--force", "-x"});
    CHECK(sample.names == Words{"--force", "-x"});
    CHECK_FALSE(sample.force);
}

TEST_CASE("parser: a value may begin with a dash or be empty") {
    Sample sample;
    sample.parse_line({"get", "--token", "-abc"});
    CHECK(*sample.token == "-abc");
    Sample empty;
    empty.parse_line({"get", "--token=", "name"});
    CHECK(empty.token == "");
    CHECK(empty.names == Words{"name"});
}

TEST_CASE("parser: counts -v and reads flags with a value") {
    Sample sample;
    sample.parse_line({"-v", "get", "-v", "--force=false"});
    CHECK(sample.globals.verbose == 2);
    CHECK_FALSE(sample.force);
}

TEST_CASE("parser: arguments go to their records in order") {
    Sample sample;
    sample.parse_line({"copy", "a", "b"});
    CHECK(sample.first == "a");
    CHECK(sample.second == "b");
}

TEST_CASE("parser: comma-separated values are split and checked") {
    Sample sample;
    sample.parse_line({"get", "--format", "pem, der"});
    CHECK(sample.formats == Words{"pem", "der"});
    CHECK(complaint({"get", "--format", "pem,dre"}) == "--format does not take 'dre' | der");
}

TEST_CASE("parser: names what is wrong and the nearest word") {
    struct Row {
        const char* name;
        Words words;
        const char* expected;
    };
    const Row rows[] = {
        {"nothing", {}, "no command given | signet help"},
        {"unknown command", {"gte"}, "unknown command 'gte' | signet get"},
        {"far command", {"frobnicate"}, "unknown command 'frobnicate' | signet help"},
        {"group alone", {"ca"}, "'signet ca' needs one of: init | signet help ca"},
        {"unknown in group", {"ca", "inti"}, "unknown command 'ca inti' | signet ca init"},
        {"unknown option", {"get", "--forse"}, "unknown option --forse of 'signet get' | --force"},
        {"unknown option with value", {"get", "--forse=1"}, "unknown option --forse of 'signet get' | --force"},
        {"unknown global", {"--jsn", "get"}, "unknown option --jsn of 'signet get' | --json"},
        {"unknown letter", {"get", "-z"}, "unknown option -z of 'signet get' | signet help get"},
        {"option of another command",
         {"copy", "a", "--validity", "1h"},
         "unknown option --validity of 'signet copy' | signet help copy"},
        {"no value", {"get", "--out"}, "--out needs a value | signet help get"},
        {"twice", {"get", "--out", "a", "--out", "b"}, "--out is given 2 times | give it once"},
        {"no number", {"get", "--http01-port", "8o"}, "--http01-port takes a number, not '8o' | "},
        {"conflict",
         {"get", "--server", "a", "--token", "b"},
         "--token and --server exclude each other | leave one of them out, also as an environment variable"},
        {"missing option", {"ca", "init"}, "--needed X is missing | "},
        {"missing argument", {"copy"}, "'signet copy' needs FROM | signet help copy"},
        {"too many", {"copy", "a", "b", "c"}, "unexpected argument 'c' of 'signet copy' | signet help copy"},
        {"empty path", {"get", "--out="}, "--out is empty | give a path"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        CHECK(complaint(row.words) == row.expected);
    }
}

TEST_CASE("parser: help wins over whatever else is wrong") {
    for (const Words& words : {Words{"copy", "--help"}, Words{"--help", "copy"}, Words{"copy", "a", "b", "c", "-h"},
                               Words{"copy", "--help", "--store"}}) {
        Sample sample;
        CHECK(sample.parse_line(words) == "copy");
        CHECK(sample.globals.help);
    }
    Sample group;
    CHECK(group.parse_line({"ca", "--help"}) == "ca");
}

TEST_CASE("parser: a flag beats the environment") {
    Sample sample;
    sample.environment = {
        {"SIGNET_VALIDITY", "7d"}, {"SIGNET_DNS", "a,b"}, {"SIGNET_FORCE", "yes"}, {"SIGNET_HTTP01_PORT", "81"}};
    sample.parse_line({"get", "--validity", "1h"});
    CHECK(*sample.validity == base::parse_duration("1h", "test"));
    CHECK(sample.dns == Words{"a", "b"});
    CHECK(sample.force);
    CHECK(*sample.port == 81);
}

TEST_CASE("parser: the environment fills no option that excludes a given one") {
    Sample sample;
    sample.environment = {{"SIGNET_SERVER", "https://ca.internal"}};
    sample.parse_line({"get", "--token", "t"});
    CHECK_FALSE(sample.server);
}

TEST_CASE("parser: empty and unknown variables are as good as none") {
    Sample sample;
    sample.environment = {{"SIGNET_VALIDITY", ""}, {"SIGNET_NO_SUCH_THING", "1"}, {"SIGNET_HELP", "1"}};
    sample.parse_line({"get"});
    CHECK_FALSE(sample.validity);
    CHECK_FALSE(sample.globals.help);
}

TEST_CASE("parser: a bad variable is named") {
    Sample sample;
    sample.environment = {{"SIGNET_HTTP01_PORT", "eighty"}};
    CHECK(complaint(sample, {"get"}) == "SIGNET_HTTP01_PORT takes a number, not 'eighty' | ");
}

TEST_CASE("parser: a command may refuse the environment for its own options") {
    Sample sample;
    sample.environment = {{"SIGNET_VALIDITY", "24h"}, {"SIGNET_NEEDED", "x"}, {"SIGNET_STORE", "/s"}};
    CHECK(complaint(sample, {"ca", "init"}) == "--needed X is missing | ");
    CHECK_FALSE(sample.validity);
    CHECK(*sample.globals.store == "/s");
}

TEST_CASE("parser: what comes from outside is printed harmlessly") {
    CHECK(complaint({"\x1b[31m"}).find('\x1b') == std::string::npos);
    CHECK(complaint({"get", "--\x1b[31m"}).find('\x1b') == std::string::npos);
}
