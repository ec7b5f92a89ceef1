#include "store/noted_settings.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "rows.h"
#include "store/audit.h"
#include "store/meta.h"
#include "support/temporary_store.h"

using namespace signet;

namespace {

std::string sha256(const std::string& text) { return base::hex_encode(crypto::sha256(base::bytes_of(text))); }

std::string short_digest(const std::string& statement) { return "(sha256 " + sha256(statement).substr(0, 12) + ")"; }

std::string entered(store::Store& store) {
    store::AuditLog log({});
    std::string found;
    for (const auto& entry : store.query([&](store::Transaction& t) { return log.next(t, 10); }))
        found += entry.record.action + " " + entry.record.detail + "\n";
    return found;
}

/// All that is noted of settings.
std::string noted(store::Store& store) {
    return store.query([](store::Transaction& t) {
        auto row = t.query("SELECT value FROM meta WHERE name LIKE 'settings:%' ORDER BY name");
        std::string text;
        while (row->step()) text += base::to_text(row->blob(0)) + "\n";
        return text;
    });
}

bool note(store::Store& store, const base::Path& file, const std::string& text) {
    return store::note_settings(store, file, text, "server", base::from_unix(1'800'000'000));
}

std::string added(const std::string& text) { return store::changed_lines("", text); }

}  // namespace

TEST_CASE("settings: which lines changed, in which table") {
    const std::string before =
        "default_profile = \"default\"\n[server]\n# a comment\nlisten = \":1\"\n[profile.a]\nca = \"x\"\n";
    CHECK(store::changed_lines(before, before + "# more\n\n") == "comments only");
    CHECK(store::changed_lines(before, before + "[profile.b]\nca = \"x\"\n") == "+ [profile.b] ca = \"x\"");
    CHECK(store::changed_lines(before, before + "[profile.b] # x = 1\nca = 'x' # as above\n") ==
          "+ [profile.b] ca = 'x'");
    CHECK(store::changed_lines(before, "[server]\n  listen = \":2\"\n[profile.a]\nca = \"x\"\n") ==
          "- [server] listen = \":1\"; - default_profile = \"default\"; + [server] listen = \":2\"");
    CHECK(added("permit_dns = [\n  \"*.a\",\n]\n") == "+ \"*.a\",; + ]; + permit_dns = [");
}

TEST_CASE("settings: what may hold a secret is told by its key and a digest alone") {
    const std::string url = R"(url = "https://user:s3cret@hooks.internal/T0")";
    CHECK(added("[notify]\n" + url + " # s3cret\r\n") == "+ [notify] url = " + short_digest(url));
    CHECK(added("notify." + url) == "+ notify.url = " + short_digest("notify." + url));
    CHECK(added("notify={" + url + "}") == "+ notify = " + short_digest("notify={" + url + "}"));
    CHECK(store::changed_lines(url, "url = ''") ==
          "- url = " + short_digest(url) + "; + url = " + short_digest("url = ''"));
    CHECK(added("external_url = \"https://a\"") == "+ external_url = \"https://a\"");
    CHECK(added("permit_dns = [\"url\", \"command.a\"]") == "+ permit_dns = [\"url\", \"command.a\"]");
}

TEST_CASE("settings: a secret is not told however it is written") {
    const std::vector<std::string> ways{
        R"("url" = "s3cret")",
        "'url'\t= 's3cret'",
        R"("\u0075rl" = "s3cret")",
        "command = 's3cret'",
        "[notify]\ncommand = \"\"\"\ncurl \\\n  -H '# s3cret'\"\"\"\"",
        "command = \"\"\"\nx\\\"\"\"\ns3cret\"\"\"\"\"",
        "authorize_command = '''\n[s3cret]\nx = 's3cret\n'''",
        "command = [\n  \"curl\", # to\n  \"s3cret\",\n]\n",
        "notify = {\n  events = [],\n  command = 's3cret'}",
        "url = \"s3cret",
        "[x] # url = 's3cret'",
        "x = 1 # s3cret",
    };
    for (const auto& text : ways) {
        INFO(text);
        const auto change = added(text + "\nlast = 1\n");
        CHECK(change.find("s3cret") == std::string::npos);
        CHECK(change.find("last = 1") != std::string::npos);
    }
    CHECK(added("command = \"\"\"\n\ns3cret") == "+ command = " + short_digest("command = \"\"\"\n\ns3cret"));
}

TEST_CASE("settings: a change is entered once, whoever sees it, and the first sight is none") {
    test::TemporaryStore store;
    const auto file = store.root() / "signet.toml";
    CHECK_FALSE(note(*store, file, "a = 1\n"));
    CHECK_FALSE(note(*store, file, "a = 1\n"));
    CHECK(note(*store, file, "a = 2\n"));
    CHECK_FALSE(note(*store, file, "a = 2\n"));
    CHECK(note(*store, file, ""));
    CHECK(entered(*store) == "settings.changed " + file.string() + ": - a = 1; + a = 2\n" +  //
                                 "settings.changed " + file.string() + ": - a = 2\n");
}

TEST_CASE("settings: no secret is kept to compare with, and its change is entered") {
    test::TemporaryStore store;
    const auto file = store.root() / "signet.toml";
    CHECK_FALSE(note(*store, file, "[notify]\n#url = 's3cret-0'\nurl = 's3cret-1'\n"));
    CHECK(note(*store, file, "[notify]\n#url = 's3cret-0'\nurl = 's3cret-2'\n"));
    CHECK(noted(*store).find("[notify] url = ") != std::string::npos);
    CHECK(noted(*store).find("s3cret") == std::string::npos);
    CHECK(note(*store, file, "[notify]\nurl = 's3cret-2'\n"));
    CHECK_FALSE(note(*store, file, "[notify]\nurl = 's3cret-2'\n"));
    CHECK(entered(*store) == "settings.changed " + file.string() +
                                 ": - [notify] url = " + short_digest("url = 's3cret-1'") +
                                 "; + [notify] url = " + short_digest("url = 's3cret-2'") + "\n" +  //
                                 "settings.changed " + file.string() + ": comments only\n");
}

TEST_CASE("settings: what was once noted word for word is noted without its secrets") {
    test::TemporaryStore store;
    const auto file = store.root() / "signet.toml";
    const std::string text = "a = 1\nurl = 's3cret'\n";
    store->write([&](store::Transaction& t) { store::put_meta(t, "settings:" + file.string(), base::bytes_of(text)); });
    CHECK_FALSE(note(*store, file, text));
    CHECK(noted(*store).find("s3cret") == std::string::npos);
    CHECK(note(*store, file, "a = 2\nurl = 's3cret'\n"));
    CHECK(entered(*store) == "settings.changed " + file.string() + ": - a = 1; + a = 2\n");
}

TEST_CASE("settings: a file is known by its name, also where it is a symbolic link, and another is entered at once") {
    test::TemporaryStore store;
    const auto file = store.root() / "signet.toml", other = store.root() / "other.toml";
    const auto lead_to = [&](const std::string& name) {
        base::write_file(store.root() / name, "");
        std::filesystem::remove(file);
        std::filesystem::create_symlink(name, file);
    };
    lead_to("2026_1");
    CHECK_FALSE(note(*store, file, "a = 1\n"));
    lead_to("2026_2");
    CHECK(note(*store, file, "a = 2\n"));
    CHECK_FALSE(note(*store, store.root() / "x" / ".." / "signet.toml", "a = 2\n"));
    CHECK(note(*store, other, "a = 2\n"));
    CHECK_FALSE(note(*store, other, "a = 2\n"));
    CHECK(entered(*store) == "settings.changed " + file.string() + ": - a = 1; + a = 2\n" +  //
                                 "settings.changed " + other.string() + ": used here for the first time, sha256 " +
                                 sha256("a = 2\n") + "\n");
}
