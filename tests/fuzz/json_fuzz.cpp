// Every JSON text from outside goes through base::parse_json.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz/fuzz.h"

namespace signet::fuzz {

void one_input(base::ByteView input) {
    const auto parsed = accepted(
        [&] { return base::parse_json(base::text_of(input), "input", {.depth = 8, .size = 4096, .members = 20}); });
    if (!parsed) return;
    const auto& json = *parsed;
    const auto text = base::dump_json(json);
    require(text.find('\n') == std::string::npos, "JSON for lines has no line end");
    require(base::parse_json(text, "what was dumped") == json, "JSON comes back");
    require(base::parse_json(base::pretty_json(json), "what was dumped") == json, "indented JSON comes back");
    if (!json.is_object()) return;
    for (const auto& item : json.items()) {
        const std::string& name = item.key();
        accepted([&] { return base::json_string(json, name, "input"); });
        accepted([&] { return base::json_int_if_there(json, name, "input"); });
        accepted([&] { return base::json_strings(json, name, "input"); });
    }
}

}  // namespace signet::fuzz
