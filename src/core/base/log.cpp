#include "base/log.h"

#include <unistd.h>

#include <atomic>

#include "base/open_line.h"
#include "base/text.h"
#include "base/time.h"

namespace signet::base {
namespace {

// Each setting is atomic by itself: a line written while they change may mix them, and does no harm.
std::atomic<Level> current_level = Level::warning;
std::atomic<bool> as_json = false;
std::atomic<bool> with_timestamps = false;
std::atomic<bool> line_is_open = false;

constexpr std::size_t k_value_limit = 2000;  // a line must stay a line that a person and a log shipper can take
constexpr std::size_t k_usual_line = 256;

std::string_view level_name(Level level) {
    switch (level) {
        case Level::error:
            return "error";
        case Level::warning:
            return "warning";
        case Level::info:
            return "info";
        case Level::debug:
            return "debug";
    }
    return "error";
}

/// Bare when it is one plain word, else in quotes.
void append_value(std::string& line, std::string_view value) {
    const std::string shown = printable(value, k_value_limit);
    if (!shown.empty() && shown.find_first_of(" \"=") == std::string::npos) {
        line += shown;
        return;
    }
    line += '"';
    for (const char c : shown) {
        if (c == '"') line += '\\';
        line += c;
    }
    line += '"';
}

std::string quote_json(std::string_view text) {
    std::string out = "\"";
    for (const char c : printable(text, k_value_limit)) {  // printable ASCII: only these two need escaping
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string text_line(Level level, std::string_view message, std::initializer_list<Field> fields, bool timestamp) {
    std::string line;
    line.reserve(k_usual_line);
    if (timestamp) line.append(format_time(SystemClock().now())).append(1, ' ');
    line += "signet: ";
    if (level != Level::info) line.append(level_name(level)).append(": ");
    line += printable(message, k_value_limit);
    for (const Field& field : fields) {
        line.append(1, ' ').append(field.name).append(1, '=');
        append_value(line, field.value);
    }
    return line += '\n';
}

std::string json_line(Level level, std::string_view message, std::initializer_list<Field> fields, bool timestamp) {
    std::string line = "{";
    if (timestamp) line += "\"time\":" + quote_json(format_time(SystemClock().now())) + ',';
    line += "\"level\":" + quote_json(level_name(level)) + ",\"message\":" + quote_json(message);
    for (const Field& field : fields) line += ',' + quote_json(field.name) + ':' + quote_json(field.value);
    return line + "}\n";
}

}  // namespace

void log(Level level, std::string_view message, std::initializer_list<Field> fields) {
    if (!log_enabled(level)) return;
    std::string line = as_json ? json_line(level, message, fields, with_timestamps)
                               : text_line(level, message, fields, with_timestamps);
    if (take_open_line()) line.insert(0, 1, '\n');
    // One write a line keeps lines of threads apart; when standard error is gone there is nobody to tell.
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

void configure_log(const LogSettings& settings) {
    current_level = settings.level;
    as_json = settings.json;
    with_timestamps = settings.timestamps;
}

void leave_line_open() { line_is_open = true; }

bool take_open_line() { return line_is_open.exchange(false); }

bool log_enabled(Level level) { return level <= current_level.load(std::memory_order_relaxed); }

}  // namespace signet::base
