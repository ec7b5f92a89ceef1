#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"

namespace signet::acme {

// Members of RFC 8555's objects. Absent stays absent: `put_…` writes nothing for an empty value.

void put_text(base::Json& json, const char* name, const std::string& value);
void put_time(base::Json& json, const char* name, const std::optional<base::Time>& value);
/// `value` is a problem document as JSON text.
void put_problem(base::Json& json, const char* name, const std::optional<std::string>& value);

void require_object(const base::Json& json, std::string_view what);  // throws malformed
std::string text_or_empty(const base::Json& json, std::string_view name, std::string_view what);
std::optional<base::Time> time_if_there(const base::Json& json, std::string_view name, std::string_view what);
std::optional<std::string> problem_if_there(const base::Json& json, const char* name);

}  // namespace signet::acme
