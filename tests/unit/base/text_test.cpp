#include "base/text.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace signet::base;
using Words = std::vector<std::string>;

TEST_CASE("text: case, trim, split, join") {
    CHECK(lower("AbC\xc4") == "abc\xc4");
    CHECK(iequals("aBc", "AbC"));
    CHECK_FALSE(iequals("abc", "abcd"));
    CHECK(trim(" \t a b \r\n") == "a b");
    CHECK(trim("  ").empty());
    CHECK(split("a,b,,c", ',') == std::vector<std::string_view>{"a", "b", "", "c"});
    CHECK(split("", ',') == std::vector<std::string_view>{""});
    CHECK(join(Words{"a", "b"}, ", ") == "a, b");
    CHECK(is_digits("0123"));
    CHECK_FALSE(is_digits(""));
    CHECK_FALSE(is_digits("1-"));
}

TEST_CASE("text: nearest finds what was meant, and nothing when nothing is near") {
    const Words words = {"permit_dns", "permit_ip", "max_names", "ca"};
    CHECK(nearest("permit_dsn", words) == "permit_dns");
    CHECK(nearest("PERMIT_IPS", words) == "permit_ip");
    CHECK(nearest("maxnames", words) == "max_names");
    CHECK_FALSE(nearest("zebra", words));
    CHECK_FALSE(nearest(std::string(10000, 'a'), words));
}

TEST_CASE("text: printable leaves nothing a terminal obeys") {
    CHECK(printable("a\x1b[31m\n\\\xff") == "a\\x1b[31m\\x0a\\x5c\\xff");
    CHECK(printable("abcdef", 3) == "abc...");
}

TEST_CASE("text: split_command splits as a shell does and expands nothing") {
    CHECK(split_command("  a  b\tc ") == Words{"a", "b", "c"});
    CHECK(split_command(R"(a 'b c' "d e"f g\ h '' $HOME *)") == Words{"a", "b c", "d ef", "g h", "", "$HOME", "*"});
    CHECK(split_command(R"("a\"b\\c\n" 'x\')") == Words{"a\"b\\c\\n", "x\\"});
    CHECK(split_command("").empty());
    for (const char* text : {"a 'b", "a \"b", "a \\", "\"a\\\""}) {
        CAPTURE(text);
        CHECK_THROWS_AS(split_command(text), Error);
    }
}
