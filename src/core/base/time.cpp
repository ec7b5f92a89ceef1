#include "base/time.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "base/wait.h"

namespace signet::base {
namespace {

using std::chrono::seconds;

constexpr std::int64_t k_minute = 60, k_hour = 3600, k_day = 86400, k_week = 7 * k_day, k_year = 365 * k_day;
constexpr std::int64_t k_longest = 2000 * k_year;  // keeps sums with any Time far from overflow

// What RFC 3339 can write in UTC: an offset, or a leap second, may lead beyond.
constexpr std::chrono::sys_seconds k_first_second = std::chrono::sys_days(std::chrono::January / 1 / 0);
constexpr std::chrono::sys_seconds k_last_second =
    std::chrono::sys_days(std::chrono::December / 31 / 9999) + std::chrono::days(1) - seconds(1);

std::optional<std::int64_t> unit_seconds(char unit) {
    switch (unit) {
        case 's':
            return 1;
        case 'm':
            return k_minute;
        case 'h':
            return k_hour;
        case 'd':
            return k_day;
        case 'w':
            return k_week;
        case 'y':
            return k_year;
        default:
            return std::nullopt;
    }
}

/// Reads RFC 3339 from left to right; `ok` falls at the first character that does not fit.
struct TimeReader {
    std::string_view rest;
    bool ok = true;

    int number(std::size_t digits) {
        if (!ok || rest.size() < digits || !is_digits(rest.substr(0, digits))) {
            ok = false;
            return 0;
        }
        int value = 0;
        for (const char c : rest.substr(0, digits)) value = value * 10 + (c - '0');
        rest.remove_prefix(digits);
        return value;
    }
    bool take(std::string_view any_of) {
        if (!ok || rest.empty() || any_of.find(rest.front()) == std::string_view::npos) return false;
        rest.remove_prefix(1);
        return true;
    }
    void expect(std::string_view any_of) { ok = take(any_of) && ok; }

    Duration fraction() {
        if (!take(".")) return {};
        std::int64_t micros = 0;
        std::size_t digits = 0;
        for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1), ++digits) {
            if (digits < 6) micros = micros * 10 + (rest.front() - '0');
        }
        ok = ok && digits > 0;
        for (; digits < 6; ++digits) micros *= 10;
        return Duration(micros);
    }
    seconds offset() {
        if (take("Zz")) return seconds(0);
        const bool west = take("-");
        if (!west) expect("+");
        const int hour = number(2);
        expect(":");
        const int minute = number(2);
        ok = ok && hour < 24 && minute < 60;
        const seconds east((hour * 60 + minute) * 60);
        return west ? -east : east;
    }
};

}  // namespace

Time SystemClock::now() const { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

Duration SystemClock::steady() const {
    return std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

bool SystemClock::wait_until(Time when, std::stop_token stop) {
    return wait_by([this] { return now(); }, when, stop);
}

bool wait_by(const std::function<Time()>& wall_clock, Time when, const std::stop_token& stop) {
    constexpr Duration k_look = std::chrono::minutes(1);  // how long a jump of the wall clock may go unseen
    constexpr Duration k_far = std::chrono::days(3650);   // what nanoseconds can still count
    using Steady = std::chrono::steady_clock;
    const auto end = Steady::now() + std::min<Duration>(when - wall_clock(), k_far);
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
        const auto left = std::chrono::ceil<Duration>(end - Steady::now());
        const Time at = wall_clock();
        if (at >= when || left <= Duration::zero()) return true;
        woken.wait_for(lock, stop, std::min({k_look, when - at, left}), [] { return false; });
    }
    return false;
}

std::int64_t to_unix(Time time) { return std::chrono::floor<seconds>(time).time_since_epoch().count(); }

Time from_unix(std::int64_t count) { return Time(seconds(count)); }

Duration parse_duration(std::string_view text, std::string_view what) {
    const auto refuse = [&](std::string_view why) {
        return Error(Kind::bad_input, std::string(what) + ": " + std::string(why) + ": \"" + printable(text, 40) + '"',
                     "write a number and a unit: 90s, 90m, 24h, 7d, 2w or 10y");
    };
    const auto unit = text.empty() ? std::nullopt : unit_seconds(text.back());
    const std::string_view digits = text.substr(0, text.empty() ? 0 : text.size() - 1);
    if (!unit || !is_digits(digits)) throw refuse("not a duration");
    std::int64_t count = 0;
    for (const char c : digits) {
        count = count * 10 + (c - '0');
        if (count > k_longest / *unit) throw refuse("too long a duration");
    }
    return seconds(count * *unit);
}

std::string format_duration(Duration duration) {
    const std::int64_t total = std::chrono::floor<seconds>(duration).count();
    const auto fits = [total](std::int64_t unit) { return total != 0 && total % unit == 0; };
    if (fits(k_year)) return std::to_string(total / k_year) + 'y';
    if (fits(k_day) && total != k_day) return std::to_string(total / k_day) + 'd';  // one day is said as 24h
    if (fits(k_hour)) return std::to_string(total / k_hour) + 'h';
    if (fits(k_minute)) return std::to_string(total / k_minute) + 'm';
    return std::to_string(total) + 's';
}

std::string describe_duration(Duration duration) {
    struct Unit {
        std::int64_t size;
        std::string_view name;
    };
    constexpr std::array<Unit, 5> units = {
        {{k_year, " year"}, {k_day, " day"}, {k_hour, " hour"}, {k_minute, " minute"}, {1, " second"}}};
    const bool past = duration < Duration::zero();
    const std::int64_t total = std::chrono::floor<seconds>(past ? -duration : duration).count();
    // Two of a unit at least: "36 hours" tells more than "1 day".
    const auto unit =
        std::ranges::find_if(units, [total](const Unit& u) { return u.size == 1 || total >= 2 * u.size; });
    const std::int64_t count = total / unit->size;
    std::string text = std::to_string(count) + std::string(unit->name) + (count == 1 ? "" : "s");
    return past ? text + " ago" : text;
}

Time parse_time(std::string_view text, std::string_view what) {
    TimeReader in{text};
    const int year = in.number(4);
    in.expect("-");
    const int month = in.number(2);
    in.expect("-");
    const int day = in.number(2);
    in.expect("Tt");
    const int hour = in.number(2);
    in.expect(":");
    const int minute = in.number(2);
    in.expect(":");
    const int second = in.number(2);
    const Duration fraction = in.fraction();
    const seconds offset = in.offset();
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    const bool possible = date.ok() && hour < 24 && minute < 60 && second <= 60;  // 60: a leap second
    const auto whole = std::chrono::sys_days(date) + seconds((hour * 60 + minute) * 60 + second) - offset;
    if (!in.ok || !in.rest.empty() || !possible || whole < k_first_second || whole > k_last_second) {
        throw Error(Kind::bad_input, std::string(what) + ": not a time: \"" + printable(text, 60) + '"',
                    "write it as RFC 3339: 2027-01-15T08:00:00Z");
    }
    return whole + fraction;
}

std::string format_time(Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<seconds>(time - day));
    std::string text = int{date.year()} < 0 ? "-" : "";
    append_number(text, static_cast<unsigned>(std::abs(int{date.year()})), text.empty() ? 4 : 3);
    append_number(text += '-', unsigned{date.month()}, 2);
    append_number(text += '-', unsigned{date.day()}, 2);
    append_number(text += 'T', static_cast<unsigned>(clock.hours().count()), 2);
    append_number(text += ':', static_cast<unsigned>(clock.minutes().count()), 2);
    append_number(text += ':', static_cast<unsigned>(clock.seconds().count()), 2);
    return text += 'Z';
}

}  // namespace signet::base
