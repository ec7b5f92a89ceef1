// Every line of the pages that runs signet is one that this signet takes: no page shows an option that is gone.
#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/parser.h"

using namespace signet;

namespace {

using Words = std::vector<std::string>;
using Lines = std::vector<std::string>;

Lines lines_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    Lines lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    REQUIRE(!lines.empty());
    return lines;
}

std::string without_roff(std::string line) {
    for (const auto& [roff, plain] :
         {std::pair{"\\-", "-"}, {"\\(aq", "'"}, {"\\(ga", "`"}, {"\\&", ""}, {"\\e", "\\"}})
        for (auto at = line.find(roff); at != std::string::npos; at = line.find(roff, at))
            line.replace(at, std::string_view(roff).size(), plain);
    return line;
}

// What stands between two marks, each alone on its line.
Lines between(const Lines& lines, std::string_view begin, std::string_view end) {
    Lines found;
    bool on = false;
    for (const auto& line : lines) {
        if (line == (on ? end : begin)) {
            on = !on;
        } else if (on && !line.starts_with("signet  ")) {  // a column of a table
            found.push_back(without_roff(line));
        }
    }
    return found;
}

Lines prompts(const Lines& lines) {
    constexpr std::string_view prompt = "    $ ";
    Lines found;
    for (const auto& line : lines)
        if (line.starts_with(prompt)) found.push_back(line.substr(prompt.size()));
    return found;
}

// A shell's words, cut into commands at its operators; redirections are left out, and nothing is expanded.
class Shell {
public:
    explicit Shell(const std::string& text) : text_(text) {}

    std::vector<Words> commands() {
        while (at_ < text_.size()) step(text_[at_]);
        end_command();
        return std::move(commands_);
    }

private:
    void step(char c) {
        if (c == '\'' || c == '"') return quoted(c);
        if (c == '\\' && at_ + 1 < text_.size()) return take(text_[at_ + 1], 2);
        if (c == '#' && !in_word_) return void(at_ = text_.find('\n', at_));
        if (c == '>' || c == '<') return redirection();
        ++at_;
        if (c == ' ' || c == '\t') return end_word();
        if (c == '\n' || c == ';' || c == '|' || c == '&' || c == '(' || c == ')') return end_command();
        word_ += c;
        in_word_ = true;
    }
    void take(char c, std::size_t length) {
        at_ += length;
        if (c == '\n') return;  // the line goes on
        word_ += c;
        in_word_ = true;
    }
    // "$(…)" within quotes is a command of its own.
    void quoted(char mark) {
        const auto end = std::min(text_.find(mark, at_ + 1), text_.size());
        const auto inner = text_.substr(at_ + 1, end - at_ - 1);
        in_word_ = true;
        if (const auto nested = inner.find("$("); mark == '"' && nested != std::string::npos) {
            const auto close = text_.find(')', at_ + nested);
            auto found = Shell(text_.substr(at_ + nested + 3, close - at_ - nested - 3)).commands();
            commands_.insert(commands_.end(), found.begin(), found.end());
            word_ += "VALUE";
            at_ = std::min(text_.find('"', close), text_.size() - 1) + 1;
            return;
        }
        word_ += inner;
        at_ = end + 1;
    }
    void redirection() {
        if (std::all_of(word_.begin(), word_.end(), [](char c) { return c >= '0' && c <= '9'; })) word_.clear();
        in_word_ = !word_.empty();
        end_word();
        at_ = text_.find_first_not_of("<>& ", at_);
        if (at_ == std::string::npos) return;
        const auto nested = text_.find("$(", at_);
        auto end = text_.find_first_of(" \n;|)", at_);
        if (nested < end) end = text_.find_first_of(" \n;|", text_.find(')', nested));
        at_ = std::min(end, text_.size());
    }
    void end_word() {
        if (in_word_) words_.push_back(word_);
        word_.clear();
        in_word_ = false;
    }
    void end_command() {
        end_word();
        if (!words_.empty()) commands_.push_back(std::move(words_));
        words_.clear();
    }

    const std::string text_;
    std::size_t at_ = 0;
    bool in_word_ = false;
    std::string word_;
    Words words_;
    std::vector<Words> commands_;
};

// What stands behind "signet" of each command that runs it.
std::vector<Words> runs_of_signet(const Lines& lines) {
    std::vector<Words> runs;
    for (const auto& command : Shell(base::join(lines, "\n")).commands()) {
        const auto program = std::find(command.begin(), command.end(), "signet");
        if (program == command.end()) continue;
        runs.emplace_back(program + 1, command.end());
        if (command.front() == "xargs") runs.back().push_back("VALUE");
    }
    return runs;
}

int check(const std::string& page, const Lines& lines) {
    const auto runs = runs_of_signet(lines);
    for (const auto& words : runs) {
        cli::Globals globals;
        const auto table = cli::command_table(globals);
        CAPTURE(page);
        CAPTURE(base::join(words, " "));
        CHECK_NOTHROW(cli::parse(table, globals, words, [](const std::string&) { return std::nullopt; }));
    }
    return static_cast<int>(runs.size());
}

}  // namespace

TEST_CASE("pages: the commands that they show are understood") {
    const std::filesystem::path source = SIGNET_SOURCE;
    CHECK(check("README.md", prompts(lines_of(source / "README.md"))) >= 20);
    int shown = 0;
    for (const auto& page : std::filesystem::directory_iterator(source / "man"))
        shown += check(page.path().filename(), between(lines_of(page), ".EX", ".EE"));
    CHECK(shown >= 80);
    shown = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source / "deploy")) {
        if (entry.path().extension() == ".md") shown += check(entry.path(), between(lines_of(entry), "```sh", "```"));
    }
    CHECK(shown >= 40);
}

TEST_CASE("pages: a line is cut as a shell cuts it") {
    const Lines lines{"if x; then (umask 077; signet token create --dns '**.a b' >token 2>/dev/null) # signet no",
                      "signet list >list-$(date +%F); echo 1 | xargs -n 1 signet show", "signet ca \\",
                      "  show --json | signet \"$(signet revoke)\""};
    CHECK(runs_of_signet(lines) == std::vector<Words>{{"token", "create", "--dns", "**.a b"},
                                                      {"list"},
                                                      {"show", "VALUE"},
                                                      {"ca", "show", "--json"},
                                                      {"revoke"},
                                                      {"VALUE"}});
}
