#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::base {

using Json = nlohmann::ordered_json;

struct JsonLimits {
    std::size_t depth = 16;
    std::size_t size = 1 << 20;      // bytes
    std::size_t members = 1000;      // of one object: looking for duplicates takes time with the square of it
    std::size_t values = 1'000'000;  // all together: each takes some 50 bytes of memory, "[]," only three of the text
};

/// Strict RFC 8259: no comments, no duplicate members, no trailing text, valid UTF-8.
/// Throws malformed, naming `what` and the position, when it is anything else or beyond the limits.
Json parse_json(std::string_view text, std::string_view what, const JsonLimits& limits = {});
/// One line, UTF-8; bytes that are no UTF-8 are replaced, never thrown on.
std::string dump_json(const Json& json);
/// Indented by two, for people.
std::string pretty_json(const Json& json);

/// Member access that names `what` and the member in a malformed error. The optional forms take absent, never another
/// type.
std::string json_string(const Json& object, std::string_view member, std::string_view what);
std::optional<std::string> json_string_if_there(const Json& object, std::string_view member, std::string_view what);
std::optional<bool> json_bool_if_there(const Json& object, std::string_view member, std::string_view what);
std::optional<std::int64_t> json_int_if_there(const Json& object, std::string_view member, std::string_view what);
std::vector<std::string> json_strings(const Json& object, std::string_view member,
                                      std::string_view what);  // absent: empty

}  // namespace signet::base
