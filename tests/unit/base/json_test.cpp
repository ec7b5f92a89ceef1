#include "base/json.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

using namespace signet::base;

namespace {

std::string refusal(std::string_view text, const JsonLimits& limits = {}) {
    try {
        parse_json(text, "input", limits);
        return "accepted";
    } catch (const Error& error) {
        CHECK(error.kind() == Kind::malformed);
        return error.message();
    }
}

}  // namespace

TEST_CASE("json: documents are read in their order") {
    const Json json = parse_json(R"({"b":[1,-2,3.5,true,null,"\u00e4"],"a":{"x":{}}} )", "input");
    CHECK(dump_json(json) == R"({"b":[1,-2,3.5,true,null,"ä"],"a":{"x":{}}})");
    CHECK(dump_json(parse_json("[]", "input")) == "[]");
    CHECK(dump_json(parse_json("\"x\"", "input")) == "\"x\"");
}

TEST_CASE("json: what is not strict JSON is malformed") {
    for (const char* text :
         {"", "{", "{}x", "{} {}", "[1,]", "{\"a\":1,}", "{a:1}", "'a'", "// c\n{}", "[01]", "[NaN]", "[1e999]",
          "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\\ud800\"", "\"a\nb\"", "\xEF\xBB\xBF{}", "nul"}) {
        CAPTURE(text);
        CHECK(refusal(text).starts_with("input: no JSON"));
    }
}

TEST_CASE("json: duplicates, depth and size") {
    CHECK(refusal(R"({"a":1,"b":{"a":2},"a":3})") == "input: the member \"a\" stands twice");
    CHECK(refusal(R"([{"x":{"k":1,"\u006b":2}}])") == "input: the member \"k\" stands twice");
    CHECK(refusal(R"({"a":1,"b":{"a":2}})") == "accepted");
    CHECK(refusal("[[[]]]", {.depth = 3}) == "accepted");
    CHECK(refusal("[[[[]]]]", {.depth = 3}) == "input: nested deeper than 3 levels");
    CHECK(refusal(std::string(100000, '[')) == "input: nested deeper than 16 levels");
    CHECK(refusal("[1234]", {.size = 5}) == "input: larger than 5 bytes");
    CHECK(refusal(R"({"a":1,"b":2})", {.members = 1}) == "input: more members than any object here has");
}

TEST_CASE("json: member access names what is wrong") {
    const Json json = parse_json(
        R"({"s":"x","b":true,"i":-5,"big":18446744073709551615,"f":1.5,"l":["a","b"],"m":["a",1],"n":null})", "order");
    CHECK(json_string(json, "s", "order") == "x");
    CHECK(json_bool_if_there(json, "b", "order") == true);
    CHECK(json_int_if_there(json, "i", "order") == -5);
    CHECK(json_strings(json, "l", "order") == std::vector<std::string>{"a", "b"});
    CHECK_FALSE(json_string_if_there(json, "absent", "order"));
    CHECK_FALSE(json_bool_if_there(json, "absent", "order"));
    CHECK_FALSE(json_int_if_there(json, "absent", "order"));
    CHECK(json_strings(json, "absent", "order").empty());
    CHECK_THROWS_WITH_AS(json_string(json, "absent", "order"), "order: \"absent\" is missing", Error);
    CHECK_THROWS_WITH_AS(json_string_if_there(json, "n", "order"), "order: \"n\" must be a string", Error);
    CHECK_THROWS_WITH_AS(json_bool_if_there(json, "s", "order"), "order: \"s\" must be true or false", Error);
    CHECK_THROWS_AS(json_int_if_there(json, "big", "order"), Error);
    CHECK_THROWS_AS(json_int_if_there(json, "f", "order"), Error);
    CHECK_THROWS_AS(json_strings(json, "m", "order"), Error);
    CHECK_THROWS_WITH_AS(json_string(parse_json("[]", "x"), "s", "order"), "order: not a JSON object", Error);
}

TEST_CASE("json: writing never throws on bytes that are no UTF-8") {
    Json json;
    json["x"] = "a\xff";
    CHECK(dump_json(json) == "{\"x\":\"a\xEF\xBF\xBD\"}");
    CHECK(pretty_json(json).starts_with("{\n  \"x\""));
}
