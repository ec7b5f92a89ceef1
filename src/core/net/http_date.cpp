#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/text.h"
#include "net/http.h"
#include "net/http_fields.h"

namespace signet::net {

namespace {

constexpr std::array<const char*, 7> k_days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> k_months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct DateParts {
    std::string_view day, month, year, time;
};

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !base::is_digits(text)) return std::nullopt;
    return value;
}

std::optional<int> month_number(std::string_view name) {
    for (std::size_t i = 0; i < k_months.size(); ++i) {
        if (name == k_months[i]) return static_cast<int>(i) + 1;
    }
    return std::nullopt;
}

std::optional<std::int64_t> time_of_day(std::string_view text) {
    if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto hour = number(text.substr(0, 2));
    const auto minute = number(text.substr(3, 2));
    const auto second = number(text.substr(6, 2));
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return *hour * 3600 + *minute * 60 + *second;
}

std::optional<std::int64_t> to_unix(const DateParts& parts) {
    const auto day = number(parts.day);
    const auto month = month_number(parts.month);
    auto year = number(parts.year);
    const auto time = time_of_day(parts.time);
    if (!day || !month || !year || !time) return std::nullopt;
    // RFC 850 years have two digits; the far past is never meant by Retry-After.
    if (parts.year.size() == 2) year = *year + (*year < 70 ? 2000 : 1900);
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    const auto days = std::chrono::sys_days(date).time_since_epoch();
    return std::chrono::seconds(days).count() + *time;
}

/// The three forms of RFC 9110 section 5.6.7.
std::optional<std::int64_t> parse_http_date(std::string_view value) {
    std::vector<std::string_view> words;
    for (const auto word : base::split(value, ' ')) {
        if (!word.empty()) words.push_back(word);
    }
    if (words.size() == 6 && words[5] == "GMT") return to_unix({words[1], words[2], words[3], words[4]});
    if (words.size() == 5) return to_unix({words[2], words[1], words[4], words[3]});
    if (words.size() != 4 || words[3] != "GMT") return std::nullopt;
    const auto date = base::split(words[1], '-');
    if (date.size() != 3) return std::nullopt;
    return to_unix({date[0], date[1], date[2], words[2]});
}

}  // namespace

std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t now_unix) {
    const auto text = base::trim(value);
    if (const auto seconds = parse_length(text)) return static_cast<std::int64_t>(*seconds);
    const auto when = parse_http_date(text);
    if (!when) return std::nullopt;
    return std::max<std::int64_t>(0, *when - now_unix);
}

std::string http_date(std::int64_t unix_time) {
    const std::chrono::sys_seconds time{std::chrono::seconds(unix_time)};
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{days};
    const std::chrono::hh_mm_ss clock{time - days};
    const auto weekday = std::chrono::weekday(days).c_encoding();
    std::string text = k_days[weekday];
    base::append_number(text += ", ", unsigned{date.day()}, 2);
    text.append(1, ' ').append(k_months[unsigned{date.month()} - 1]);
    base::append_number(text += ' ', static_cast<unsigned>(int{date.year()}), 4);
    base::append_number(text += ' ', static_cast<unsigned>(clock.hours().count()), 2);
    base::append_number(text += ':', static_cast<unsigned>(clock.minutes().count()), 2);
    base::append_number(text += ':', static_cast<unsigned>(clock.seconds().count()), 2);
    return text += " GMT";
}

}  // namespace signet::net
