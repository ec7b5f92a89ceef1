#include "client/toml_text.h"

#include <doctest/doctest.h>
#include <vector>

#include "base/toml.h"

using namespace signet;

TEST_CASE("toml_text: what is appended is read back as it was") {
    const std::vector<std::string> texts = {"plain",       "with \"quotes\"", "back\\slash", "tab\tnewline\nreturn\r",
                                            "Zürich 東京", "\x01\x1f\x7f",    "a # b = c",   "'single'"};
    for (const auto& text : texts) {
        CAPTURE(text);
        std::string out;
        client::append_toml(out, "key", text);
        client::append_toml(out, "list", std::vector<std::string>{text, "second"});
        client::append_toml(out, "number", 42L);
        client::append_toml_flag(out, "flag", true);
        base::TomlTable table(base::TomlFile::parse(out, "test.toml"));
        CHECK(table.text("key", "") == text);
        CHECK(table.texts("list", {}) == std::vector<std::string>{text, "second"});
        CHECK(table.integer("number", 0, 0, 100) == 42);
        CHECK(table.boolean("flag", false));
        table.finish();
    }
}

TEST_CASE("toml_text: what is empty is left out") {
    std::string out;
    client::append_toml(out, "key", std::string_view());
    client::append_toml(out, "list", std::vector<std::string>{});
    client::append_toml_flag(out, "flag", false);
    CHECK(out.empty());
}
