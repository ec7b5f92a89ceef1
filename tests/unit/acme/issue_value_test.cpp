#include "acme/issue_value.h"

#include <doctest/doctest.h>

using namespace signet;
using acme::parse_issue_value;

TEST_CASE("issue value: the domain and its parameters, space around them") {
    struct Row {
        const char* text;
        const char* domain;
        std::vector<std::pair<std::string, std::string>> parameters;
    };
    const Row rows[] = {
        {"ca.test", "ca.test", {}},
        {" \tCA.Test ", "ca.test", {}},
        {";", "", {}},
        {"", "", {}},
        {" ; ", "", {}},
        {"ca.test;", "ca.test", {}},
        {"ca.test; account=230123", "ca.test", {{"account", "230123"}}},
        {"ca.test;a=1;b=2", "ca.test", {{"a", "1"}, {"b", "2"}}},
        {"ca.test ; A-b = x=y ;\tc=", "ca.test", {{"a-b", "x=y"}, {"c", ""}}},
        {"; policy=ev", "", {{"policy", "ev"}}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto value = parse_issue_value(row.text);
        REQUIRE(value);
        CHECK(value->domain == row.domain);
        CHECK(value->parameters == row.parameters);
    }
}

TEST_CASE("issue value: what does not follow the grammar is none") {
    std::string many = "ca.test";
    for (int i = 0; i < 33; ++i) many += ";a" + std::to_string(i) + "=1";
    for (const std::string& text :
         {std::string("%%%%%"), std::string("ca.test a=1"), std::string("ca..test"), std::string("-ca.test"),
          std::string("ca_x.test"), std::string("ca.test."), std::string("ca.test; a"), std::string("ca.test; a=1;"),
          std::string("ca.test; =1"), std::string("ca.test; a=1 2"), std::string("ca.test; a_b=1"),
          std::string("ca.test; a=\x01"), std::string("ca.test; a=\xc3\xa9"), std::string("ca.test\n"),
          std::string("ca.test\0", 8), std::string(4097, 'a'), many}) {
        CAPTURE(text);
        CHECK_FALSE(parse_issue_value(text));
    }
}

TEST_CASE("issue value: a parameter that stands twice is counted") {
    const auto value = parse_issue_value("ca.test; a=1; A=2; b=3").value();
    CHECK(value.count("a") == 2);
    CHECK(*value.find("a") == "1");
    CHECK(value.find("c") == nullptr);
}
