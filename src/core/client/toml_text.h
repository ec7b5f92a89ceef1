#pragma once

#include <span>
#include <string>
#include <string_view>

namespace signet::client {

/// Appends `key = "value"` as TOML (basic string, every control character escaped). An empty value is left out.
void append_toml(std::string& out, std::string_view key, std::string_view value);
void append_toml(std::string& out, std::string_view key, std::span<const std::string> values);
void append_toml(std::string& out, std::string_view key, long value);
void append_toml_flag(std::string& out, std::string_view key, bool value);

}  // namespace signet::client
