#include "acme/json_members.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace signet::acme {

void put_text(base::Json& json, const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
}

void put_time(base::Json& json, const char* name, const std::optional<base::Time>& value) {
    if (value) json[name] = base::format_time(*value);
}

void put_problem(base::Json& json, const char* name, const std::optional<std::string>& value) {
    if (value && !value->empty()) json[name] = base::parse_json(*value, name);
}

void require_object(const base::Json& json, std::string_view what) {
    if (!json.is_object()) throw base::Error{base::Kind::malformed, std::string(what) + " is not a JSON object"};
}

std::string text_or_empty(const base::Json& json, std::string_view name, std::string_view what) {
    return base::json_string_if_there(json, name, what).value_or(std::string{});
}

std::optional<base::Time> time_if_there(const base::Json& json, std::string_view name, std::string_view what) {
    const auto text = base::json_string_if_there(json, name, what);
    if (!text) return std::nullopt;
    try {
        return base::parse_time(*text, name);
    } catch (const base::Error& error) {
        throw base::Error{base::Kind::malformed, std::string(what) + ": " + error.message()};
    }
}

std::optional<std::string> problem_if_there(const base::Json& json, const char* name) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_object()) return std::nullopt;
    return base::dump_json(*found);
}

}  // namespace signet::acme
