#include "store/noted_settings.h"

#include <doctest/doctest.h>

#include "rows.h"
#include "store/audit.h"
#include "support/temporary_store.h"

using namespace signet;

TEST_CASE("settings: which lines changed, in which table") {
    const std::string before =
        "default_profile = \"default\"\n[server]\n# a comment\nlisten = \":1\"\n[profile.a]\nca = \"x\"\n";
    CHECK(store::changed_lines(before, before + "# more\n\n") == "comments only");
    CHECK(store::changed_lines(before, before + "[profile.b]\nca = \"x\"\n") == "+ [profile.b] ca = \"x\"");
    CHECK(store::changed_lines(before, "[server]\n  listen = \":2\"\n[profile.a]\nca = \"x\"\n") ==
          "- [server] listen = \":1\"; - default_profile = \"default\"; + [server] listen = \":2\"");
    CHECK(store::changed_lines("", "permit_dns = [\n  \"*.a\",\n]\n") == "+ \"*.a\",; + ]; + permit_dns = [");
}

TEST_CASE("settings: a change is entered once, whoever sees it, and the first sight is none") {
    test::TemporaryStore store;
    const auto file = store.root() / "signet.toml";
    const auto note = [&](const std::string& text) {
        return store::note_settings(*store, file, text, "server", base::from_unix(1'800'000'000));
    };
    CHECK_FALSE(note("a = 1\n"));
    CHECK_FALSE(note("a = 1\n"));
    CHECK(note("a = 2\n"));
    CHECK_FALSE(note("a = 2\n"));
    CHECK(note(""));
    store::AuditLog log({});
    const auto entries = store->query([&](store::Transaction& t) { return log.next(t, 10); });
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].record.action == "settings.changed");
    CHECK(entries[0].record.detail == file.string() + ": - a = 1; + a = 2");
    CHECK(entries[1].record.detail == file.string() + ": - a = 2");
}
