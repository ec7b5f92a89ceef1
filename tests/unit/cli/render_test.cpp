#include <algorithm>
#include <doctest/doctest.h>

#include "base/text.h"
#include "cli/layout_text.h"
#include "cli/render_completion.h"
#include "cli/render_help.h"
#include "cli/render_man.h"
#include "cli/settings_reference.h"
#include "sample.h"

using namespace signet;
using namespace signet::cli;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("help: every page of the product fits into 80 columns and names every option") {
    Globals globals;
    const CommandTable table = command_table(globals);
    for (const auto& command : table.commands) {
        CAPTURE(command.name);
        const std::string page = render_help(table, {.command = &command});
        for (const auto line : base::split(page, '\n')) {
            CAPTURE(line);
            CHECK(line.size() <= 80);
        }
        for (const auto& option : command.options) CHECK(contains(page, "--" + option.name));
        CHECK(contains(page, "Exit codes:"));
    }
    for (const auto line : base::split(render_help(table, {}), '\n')) CHECK(line.size() <= 80);
}

TEST_CASE("commands: records are whole") {
    Globals globals;
    const CommandTable table = command_table(globals);
    for (const auto& command : table.commands) {
        CAPTURE(command.name);
        CHECK(command.run);
        CHECK_FALSE(command.summary.empty());
        CHECK(command.summary.size() < 60);
        CHECK_FALSE(command.summary.ends_with('.'));
        if (!group_of(command.name).empty()) CHECK(find_group(table, group_of(command.name)));
        for (const auto& name : command.see_also) CHECK(find_command(table, name));
        for (const auto& option : command.options) {
            CAPTURE(option.name);
            CHECK_FALSE(option.text.empty());
            CHECK_FALSE(option.text.ends_with('.'));
            for (const auto& other : option.conflicts)
                CHECK(std::any_of(command.options.begin(), command.options.end(),
                                  [&](const Option& each) { return each.name == other; }));
            for (const auto& global : table.global_options) CHECK(global.name != option.name);
        }
    }
}

TEST_CASE("man: a page for each command, with every option and its variable") {
    Sample sample;
    const auto pages = render_man(sample.table());
    const auto page =
        std::find_if(pages.begin(), pages.end(), [](const ManPage& each) { return each.file == "signet-get.1"; });
    REQUIRE(page != pages.end());
    CHECK(contains(page->text, "\\-\\-http01\\-port PORT"));
    CHECK(contains(page->text, "SIGNET_HTTP01_PORT"));
    const auto init =
        std::find_if(pages.begin(), pages.end(), [](const ManPage& each) { return each.file == "signet-ca-init.1"; });
    REQUIRE(init != pages.end());
    CHECK_FALSE(contains(init->text, "SIGNET_VALIDITY"));
    CHECK(pages.front().file == "signet.1");
    CHECK(std::ranges::find(pages, "signet.toml.5", &ManPage::file) != pages.end());
}

TEST_CASE("man: the same input gives the same bytes") {
    Sample sample;
    const auto once = render_man(sample.table());
    const auto again = render_man(sample.table());
    REQUIRE(once.size() == again.size());
    for (std::size_t i = 0; i < once.size(); ++i) CHECK(once[i].text == again[i].text);
}

TEST_CASE("completion: a script for each shell, and none for others") {
    for (const auto& shell : completion_shells()) CHECK(contains(render_completion(shell), "__complete"));
    CHECK_THROWS(render_completion("tcsh"));
}

TEST_CASE("text: fills, indents and finishes sentences") {
    CHECK(fill("aa bb  cc\ndd", 5) == std::vector<std::string>{"aa bb", "cc dd"});
    CHECK(fill("aa bb", 4, 2) == std::vector<std::string>{"  aa", "  bb"});
    CHECK(fill("", 5).empty());
    CHECK(fill("longerthanfive x", 5) == std::vector<std::string>{"longerthanfive", "x"});
    CHECK(sentence("the new key") == "The new key.");
    CHECK(sentence("tls.crt alone") == "tls.crt alone.");
    CHECK(sentence("") == "");
    const auto parts = paragraphs("one\ntwo\n\n    code\n    more\n");
    REQUIRE(parts.size() == 2);
    CHECK_FALSE(parts[0].verbatim);
    CHECK(parts[1].verbatim);
    CHECK(parts[1].text == "    code\n    more");
}
