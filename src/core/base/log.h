#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace signet::base {

enum class Level { error, warning, info, debug };

struct Field {
    std::string_view name;
    std::string value;
};

/// One event: a sentence and its facts, on standard error as one line of text ("signet: message name=value …")
/// or JSON. Values from outside are made printable here. Never pass a Secret: it does not compile.
/// The sink is process-wide, since a log line belongs to no object; thread-safe, one write(2) a line.
void log(Level level, std::string_view message, std::initializer_list<Field> fields = {});

struct LogSettings {
    Level level = Level::warning;
    bool json = false;
    bool timestamps = false;  // for servers; a terminal needs none
};
void configure_log(const LogSettings& settings);
bool log_enabled(Level level);

}  // namespace signet::base
