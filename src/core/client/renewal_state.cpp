#include "client/renewal_state.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "base/toml.h"
#include "client/toml_text.h"
#include "deliver/deliver.h"

namespace signet::client {
namespace {

using base::Kind;

constexpr std::size_t k_file_limit = 64 << 10;
constexpr std::size_t k_failure_limit = 400;  // of a sentence that partly comes from elsewhere
constexpr int k_free_tries = 2;
constexpr int k_doublings = 9;  // a minute doubled nine times is more than k_longest
constexpr base::Duration k_first = std::chrono::minutes(1);
constexpr base::Duration k_longest = std::chrono::hours(6);
constexpr int k_share = 12;

// The kinds that a renewal fails with, by whose exit code the waiting is reported.
constexpr std::array k_kinds{
    Kind::refused,    Kind::rate_limited, Kind::remote_problem,     Kind::connection,  Kind::timeout,
    Kind::tls,        Kind::dns,          Kind::unauthorized,       Kind::environment, Kind::disk,
    Kind::permission, Kind::store_busy,   Kind::rejected_identifier};

base::Path file_of(const base::Path& directory) { return directory / ".signet" / "renewal-state.toml"; }

std::optional<base::Time> time_if_there(base::TomlTable& table, std::string_view key) {
    const auto text = table.text_if_there(key);
    return text ? std::optional(base::parse_time(*text, key)) : std::nullopt;
}

RenewalState decode(base::TomlTable& table) {
    RenewalState state;
    state.serial = table.text("serial", "");
    const auto start = time_if_there(table, "advice_start"), end = time_if_there(table, "advice_end");
    const auto url = table.text("explanation_url", "");
    if (start && end && *start < *end) state.advice = RenewalWindow{*start, *end, url};
    state.ask_after = time_if_there(table, "ask_after");
    state.failures = static_cast<int>(table.integer("failures", 0, 0, 1 << 20));
    state.retry_after = time_if_there(table, "retry_after");
    state.failure = table.text("failure", "");
    const auto name = table.text("failure_kind", "");
    const auto kind = std::ranges::find(k_kinds, name, [](Kind one) { return base::kind_name(one); });
    if (kind != k_kinds.end()) state.failure_kind = *kind;
    table.finish();
    return state;
}

void append_time(std::string& text, std::string_view key, const std::optional<base::Time>& time) {
    if (time) append_toml(text, key, base::format_time(*time));
}

base::Duration back_off(int failures, base::Duration left) {
    if (failures <= k_free_tries) return {};
    const auto delay = std::min(k_longest, k_first * (1 << std::min(failures - k_free_tries - 1, k_doublings)));
    return std::clamp(delay, base::Duration(k_first), std::max<base::Duration>(k_first, left / k_share));
}

}  // namespace

RenewalState load_renewal_state(const base::Path& directory, const std::string& serial) {
    try {
        if (base::file_facts(file_of(directory))) {
            const auto text = base::read_private_file(file_of(directory), k_file_limit);
            base::TomlTable table(base::TomlFile::parse(text, file_of(directory).string()));
            auto state = decode(table);
            if (state.serial == serial) return state;
        }
    } catch (const base::Error& error) {
        base::log(base::Level::info, "no usable notes of former renewals", {{"reason", error.message()}});
    }
    RenewalState fresh;
    fresh.serial = serial;
    return fresh;
}

void save_renewal_state(const base::Path& directory, const RenewalState& state) {
    const auto folder = deliver::private_directory(directory);
    std::string text = "# What signet renew has learnt for its next run. It may be deleted.\n";
    append_toml(text, "serial", state.serial);
    if (state.advice) {
        append_time(text, "advice_start", state.advice->start);
        append_time(text, "advice_end", state.advice->end);
        append_toml(text, "explanation_url", state.advice->explanation_url);
    }
    append_time(text, "ask_after", state.ask_after);
    if (state.failures > 0) append_toml(text, "failures", static_cast<long>(state.failures));
    append_time(text, "retry_after", state.retry_after);
    if (state.failure_kind) append_toml(text, "failure_kind", base::kind_name(*state.failure_kind));
    append_toml(text, "failure", state.failure);
    base::write_file(file_of(directory), text, {.mode = 0600, .owner = {}, .group = {}, .exclusive = false});
}

void forget_renewal_state(const base::Path& directory) { base::remove_if_there(file_of(directory)); }

void count_failure(RenewalState& state, const base::Error& error, base::Time now, base::Time not_after) {
    ++state.failures;
    const auto delay = back_off(state.failures, not_after - now);
    state.retry_after = delay > base::Duration::zero() ? std::optional(now + delay) : std::nullopt;
    const bool known = std::ranges::find(k_kinds, error.kind()) != k_kinds.end();
    state.failure_kind = known ? error.kind() : Kind::remote_problem;
    state.failure = base::printable(error.message(), k_failure_limit);
}

base::Error waiting_error(const RenewalState& state) {
    return {state.failure_kind.value_or(Kind::remote_problem),
            "after " + std::to_string(state.failures) + " failures in a row it is tried again from " +
                base::format_time(state.retry_after.value_or(base::Time{})) + " on; the last one: " + state.failure,
            "to try now, name the directory: signet renew DIR"};
}

}  // namespace signet::client
