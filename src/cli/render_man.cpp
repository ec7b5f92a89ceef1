#include "cli/render_man.h"

#include <algorithm>

#include "base/text.h"
#include "cli/assign.h"
#include "cli/events_page.h"
#include "cli/layout_text.h"
#include "cli/render_help.h"
#include "cli/runbook.h"
#include "cli/settings_reference.h"

namespace signet::cli {
namespace {

constexpr std::string_view k_date =
    "2026-11-21";  // of the last change of substance; not today's, so that output is stable

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& each : result)
        if (each >= 'a' && each <= 'z') each = static_cast<char>(each - 'a' + 'A');
    return result;
}

// Text that roff prints as it stands: a hyphen stays a hyphen that can be pasted, no line becomes a request.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char each : text) {
        if (each == '\\')
            result += "\\e";
        else if (each == '-')
            result += "\\-";
        else if (each == '\'')
            result += "\\(aq";
        else if (each == '`')
            result += "\\(ga";
        else if (each == '~')
            result += "\\(ti";
        else if (each == '^')
            result += "\\(ha";
        else
            result += each;
    }
    if (!result.empty() && result.front() == '.') result.insert(0, "\\&");
    return result;
}

std::string dashed(std::string_view name) {
    std::string result(name);
    std::replace(result.begin(), result.end(), ' ', '-');
    return result;
}

class Page {
public:
    Page(std::string_view name, int section) {
        line(".TH " + upper(dashed(name)) + " " + std::to_string(section) + " " + std::string(k_date) +
             " \"signet " SIGNET_VERSION "\" \"signet\"");
    }

    void section(std::string_view heading) { line(".SH " + std::string(heading)); }
    void subsection(std::string_view heading) { line(".SS \"" + escaped(heading) + "\""); }
    void paragraph() { line(".PP"); }
    void text(std::string_view text) {
        for (const auto& each : fill(text, 70)) line(escaped(each));
    }
    void described(std::string_view text) {
        bool first = true;
        for (const auto& paragraph : paragraphs(text)) {
            if (!first) this->paragraph();
            first = false;
            if (paragraph.verbatim)
                verbatim(paragraph.text);
            else
                this->text(paragraph.text);
        }
    }
    void verbatim(std::string_view text) {
        line(".EX");
        for (const auto each : base::split(text, '\n')) line(escaped(each));
        line(".EE");
    }
    // A term in bold with its explanation.
    void term(std::string_view words, std::string_view explanation) {
        line(".TP");
        line("\\fB" + escaped(words) + "\\fR");
        text(explanation);
    }
    void example(const Example& example, bool first) {
        if (!first) line(".PP");
        if (!example.text.empty()) line(escaped(sentence(example.text)));
        line(".EX");
        line(escaped(example.command));
        line(".EE");
    }
    void references(const std::vector<std::string>& pages) {
        for (std::size_t i = 0; i < pages.size(); ++i) {
            const auto cut = pages[i].rfind('.');
            line(".BR " + escaped(pages[i].substr(0, cut)) + " (" + pages[i].substr(cut + 1) + ")" +
                 (i + 1 < pages.size() ? "," : ""));
        }
    }
    std::string take() { return std::move(text_); }

private:
    void line(std::string_view words) { text_.append(words).append("\n"); }
    std::string text_;
};

std::string page_of(std::string_view command) { return "signet-" + dashed(command) + ".1"; }

void add_option(Page& page, const Option& option, bool from_environment) {
    std::string text = sentence(option.text);
    for (const auto& remark : option_remarks(option)) text += " " + sentence(remark);
    if (!option.setting.empty()) text += " Overrides " + option.setting + " of signet.toml.";
    if (from_environment && option.environment) text += " Environment: " + environment_name(option) + ".";
    page.term(option_words(option), text);
}

void add_environment(Page& page, const Command& command) {
    page.section("ENVIRONMENT");
    if (!command.reads_environment) {
        page.text(
            "Only the global options are read from the environment: SIGNET_STORE, SIGNET_CONFIG, SIGNET_JSON, "
            "SIGNET_QUIET, SIGNET_VERBOSE. See signet(1).");
        return;
    }
    page.text(
        "An option that the line does not give is read from SIGNET_ and its name in capitals, with _ for -; "
        "repeatable ones take a list separated by commas. An empty variable counts as unset. See signet(1).");
}

void add_commands(Page& page, const CommandTable& table, const std::string& group, std::vector<std::string>& pages) {
    page.section("COMMANDS");
    for (const Command* command : commands_of(table, group)) {
        page.term("signet " + command->name, sentence(command->summary));
        pages.push_back(page_of(command->name));
    }
}

ManPage command_page(const CommandTable& table, const Command& command) {
    Page page{"signet " + command.name, 1};
    page.section("NAME");
    page.text("signet-" + dashed(command.name) + " - " + command.summary);
    page.section("SYNOPSIS");
    page.text(usage_line(command));
    page.section("DESCRIPTION");
    page.described(command.description.empty() ? sentence(command.summary) : command.description);
    if (!command.arguments.empty()) page.section("ARGUMENTS");
    for (const auto& argument : command.arguments) {
        std::string text = sentence(argument.text);
        if (!argument.values.empty()) text += " One of " + base::join(argument.values, ", ") + ".";
        page.term(argument.label + (argument.many ? "..." : ""), text);
    }
    const auto groups = option_groups(command);
    if (!groups.empty()) page.section("OPTIONS");
    for (const auto& [heading, options] : groups) {
        if (groups.size() > 1) page.subsection(heading);
        for (const Option* option : options) add_option(page, *option, command.reads_environment);
    }
    std::vector<std::string> pages{"signet.1"};
    if (find_group(table, command.name)) add_commands(page, table, command.name, pages);
    add_environment(page, command);
    page.section("EXIT STATUS");
    for (const auto& [code, text] : exit_codes_of(command)) page.term(std::to_string(code), sentence(text));
    if (!command.examples.empty()) page.section("EXAMPLES");
    for (const auto& example : command.examples) page.example(example, &example == &command.examples.front());
    page.section("SEE ALSO");
    for (const auto& name : command.see_also) pages.push_back(page_of(name));
    pages.emplace_back("signet.toml.5");
    page.references(pages);
    return {page_of(command.name), page.take()};
}

ManPage group_page(const CommandTable& table, const Group& group) {
    Page page{"signet " + group.name, 1};
    page.section("NAME");
    page.text("signet-" + group.name + " - " + group.summary);
    page.section("SYNOPSIS");
    page.text("signet " + group.name + " COMMAND ...");
    page.section("DESCRIPTION");
    page.described(group.description.empty() ? sentence(group.summary) : group.description);
    std::vector<std::string> pages{"signet.1"};
    add_commands(page, table, group.name, pages);
    page.section("SEE ALSO");
    page.references(pages);
    return {page_of(group.name), page.take()};
}

void add_file_list(Page& page) {
    page.section("FILES");
    page.text("In the store:");
    page.term("signet.toml", "Settings and profiles: signet.toml(5).");
    page.term(
        "authorities/NAME/",
        "root.crt, root.key, issuing.crt, issuing.key: the CA. Keys are PKCS#8, mode 0600; one that others can read "
        "is refused.");
    page.term(
        "certificates/NAME/",
        "What issue and fetch saved: tls.crt (leaf, then intermediates), tls.key, ca.crt (trust anchors), each a "
        "symbolic link through .versions/live, which one rename switches: a reader always gets a pair that fits.");
    page.term("signet.db", "SQLite: certificates, ACME state, audit log. Mode 0600.");
    page.term(
        "weak-keys",
        "Optional, as is /usr/share/signet/weak-keys: RSA keys that everybody knows, such as those that Debian's "
        "OpenSSL made from 2006 to 2008 (CVE-2008-0166), which only a list tells; there is none in signet. A key on "
        "either list is refused, for certificates and as the key of an account, also of one that is there already "
        "(badPublicKey). A line for each key, as in the files of "
        "openssl-blacklist, which may be joined: the last 20 hex digits of `openssl rsa -modulus -noout | sha1sum`; "
        "lines that begin with # do not count. A changed file counts from the next RSA key on; with one that cannot "
        "be read, no RSA key is taken.");
    page.term("audit.key, audit.pub", "The key that signs checkpoints of the audit log, and its public half.");
}

void add_settings_rules(Page& page) {
    page.section("ENVIRONMENT");
    page.text(
        "A flag beats the environment, which beats signet.toml. Every option is also read from SIGNET_ and its name in "
        "capitals, with _ for -: --key-type from SIGNET_KEY_TYPE. Flags take true, yes, on or 1, and their opposites; "
        "repeatable options take a list separated by commas. An empty variable counts as unset, an unknown SIGNET_ "
        "variable is ignored. The ca commands, revoke and restore read only the global options from the environment: a "
        "SIGNET_VALIDITY that is meant for a pod must not shorten a root. NO_COLOR turns colours off.");
    page.section("OUTPUT");
    page.text(
        "Results go to standard output; progress, notes, warnings and errors to standard error. With --json the result "
        "is one JSON document, and an error is {\"error\":{\"kind\",\"message\",\"hint\",\"parts\"}} on standard "
        "error. "
        "Durations are written 90m, 24h, 7d, 10y; times as RFC 3339 in UTC.");
}

ManPage program_page(const CommandTable& table) {
    Page page{"signet", 1};
    page.section("NAME");
    page.text("signet - a private certificate authority in one program");
    page.section("SYNOPSIS");
    page.text("signet [GLOBAL OPTION]... COMMAND ...");
    page.section("DESCRIPTION");
    page.text(
        "signet makes a root and an issuing CA, issues certificates from the command line or as an ACME server (RFC "
        "8555), "
        "fetches and renews certificates from any ACME server, and verifies chains, key pairs and live endpoints.");
    page.section("COMMANDS");
    std::vector<std::string> pages;
    for (const auto& group : table.groups)
        for (const Command* command : commands_of(table, group.name)) {
            page.term("signet " + command->name, sentence(command->summary));
            pages.push_back(page_of(command->name));
        }
    for (const Command* command : commands_of(table, "")) {
        page.term("signet " + command->name, sentence(command->summary));
        pages.push_back(page_of(command->name));
    }
    page.section("GLOBAL OPTIONS");
    page.text("They may stand anywhere on the line.");
    for (const auto& option : table.global_options) add_option(page, option, true);
    add_settings_rules(page);
    add_file_list(page);
    page.section("EXIT STATUS");
    for (const auto& [code, text] : exit_codes_of(Command{.name = "", .summary = ""}))
        page.term(std::to_string(code), sentence(text));
    page.section("SEE ALSO");
    pages.emplace_back("signet.toml.5");
    pages.emplace_back("signet-emergency.7");
    pages.emplace_back("signet-mtls.7");
    pages.emplace_back("signet-spiffe.7");
    pages.emplace_back("signet-events.7");
    page.references(pages);
    return {"signet.1", page.take()};
}

ManPage settings_page() {
    Page page{"signet.toml", 5};
    page.section("NAME");
    page.text("signet.toml - settings and profiles of signet");
    page.section("DESCRIPTION");
    page.text(
        "TOML. It lies in the store, or where --config says; signet ca init writes a commented one. An unknown key is "
        "an "
        "error that names its line and the nearest known key. Defaults are shown behind each key.");
    for (const auto& section : settings_reference()) {
        page.section(section.name.empty() ? "\"TOP LEVEL\"" : "\"[" + std::string(section.name) + "]\"");
        page.text(section.text);
        for (const auto& setting : section.settings)
            page.term(std::string(setting.key) + " = " + std::string(setting.default_text), setting.text);
    }
    page.section("SEE ALSO");
    page.references({"signet.1"});
    return {"signet.toml.5", page.take()};
}

void add_chapters(Page& page, const std::vector<RunbookChapter>& chapters) {
    for (const auto& chapter : chapters) {
        page.section("\"" + std::string(chapter.heading) + "\"");
        for (const auto& step : chapter.steps) {
            if (&step != &chapter.steps.front() && !step.text.empty()) page.paragraph();
            if (!step.text.empty()) page.text(step.text);
            if (!step.commands.empty()) page.verbatim(step.commands);
        }
    }
}

ManPage emergency_page() {
    Page page{"signet emergency", 7};
    page.section("NAME");
    page.text("signet-emergency - what to do when a key has leaked");
    page.section("DESCRIPTION");
    page.text(
        "What to type, in this order, on the machine of the CA, in the directory of the store and as its owner. The CA "
        "is called default here, the certificate db.internal. URL stands for public_http_url of signet.toml(5), "
        "ACCOUNT, KID and SERIAL for what the commands before show.");
    add_chapters(page, emergency_runbook());
    page.section("SEE ALSO");
    page.references({"signet.1", "signet-revoke.1", "signet-crl.1", "signet-renew.1", "signet-account.1",
                     "signet-token.1", "signet.toml.5"});
    return {"signet-emergency.7", page.take()};
}

ManPage mtls_page() {
    Page page{"signet mtls", 7};
    page.section("NAME");
    page.text("signet-mtls - mutual TLS with certificates that renew themselves");
    page.section("DESCRIPTION");
    page.text(
        "Recipes for servers: where the certificate comes from, how the server learns of the next one, and which "
        "clients it lets in. Each was run with the program it is for: renewed again and again under load, without a "
        "handshake that failed. The files are in deploy/reload.");
    add_chapters(page, mtls_recipes());
    page.section("SEE ALSO");
    page.references({"signet-issue.1", "signet-fetch.1", "signet-renew.1", "signet-verify.1"});
    return {"signet-mtls.7", page.take()};
}

ManPage spiffe_page() {
    Page page{"signet spiffe", 7};
    page.section("NAME");
    page.text("signet-spiffe - services that know each other by SPIFFE identities");
    page.section("DESCRIPTION");
    page.text(
        "A service shows who it is by a URI in its certificate, spiffe://TRUST-DOMAIN/PATH, and its peers check that "
        "URI. From nothing to services that renew themselves, and an alert when one cannot: type it in as it stands, "
        "in an empty directory that has deploy/ of signet in it. SIGNET_STORE names where the store is to be. A line "
        "that begins with ! is one that fails.");
    add_chapters(page, spiffe_guide());
    page.section("SEE ALSO");
    page.references({"signet-issue.1", "signet-renew.1", "signet-status.1", "signet-verify.1", "signet-ca-rotate.1",
                     "signet-emergency.7", "signet-events.7", "signet-mtls.7", "signet.toml.5"});
    return {"signet-spiffe.7", page.take()};
}

ManPage events_page() {
    Page page{"signet events", 7};
    page.section("NAME");
    page.text("signet-events - what signet tells others of, and how");
    for (const auto& chapter : events_page_chapters()) {
        page.section("\"" + std::string(chapter.heading) + "\"");
        page.described(chapter.text);
    }
    page.section("SEE ALSO");
    page.references({"signet.toml.5", "signet-serve-acme.1", "signet-renew.1", "signet-status.1"});
    return {"signet-events.7", page.take()};
}

}  // namespace

std::vector<ManPage> render_man(const CommandTable& table) {
    std::vector<ManPage> pages{program_page(table)};
    for (const auto& group : table.groups)
        if (!find_command(table, group.name)) pages.push_back(group_page(table, group));
    for (const auto& command : table.commands)
        if (!command.hidden) pages.push_back(command_page(table, command));
    pages.push_back(settings_page());
    pages.push_back(emergency_page());
    pages.push_back(mtls_page());
    pages.push_back(spiffe_page());
    pages.push_back(events_page());
    return pages;
}

}  // namespace signet::cli
