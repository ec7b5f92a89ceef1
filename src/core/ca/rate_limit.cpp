#include "ca/rate_limit.h"

#include "base/error.h"
#include "base/text.h"

namespace signet::ca {
namespace {

constexpr std::size_t k_most_digits = 7;

std::optional<RateLimit> read_limit(base::TomlTable& table, std::string_view key) {
    const auto text = table.text_if_there(key);
    if (!text) return std::nullopt;
    try {
        return RateLimit::parse(*text);
    } catch (const base::Error& error) {
        table.refuse(key, error.message(), error.hint());
    }
}

}  // namespace

RateLimit RateLimit::parse(std::string_view text) {
    const auto wrong = [&] {
        return base::Error{base::Kind::bad_input, "'" + base::printable(text) + "' is no rate",
                           "write a number and a duration: \"300/3h\""};
    };
    const auto slash = text.find('/');
    const auto digits = text.substr(0, slash);
    if (slash == std::string_view::npos || digits.empty() || digits.size() > k_most_digits || !base::is_digits(digits))
        throw wrong();
    RateLimit limit;
    limit.count = std::stoll(std::string(digits));
    limit.per = base::parse_duration(text.substr(slash + 1), "the duration of a rate");
    if (limit.count < 1 || limit.per < std::chrono::seconds(1)) throw wrong();
    return limit;
}

std::string RateLimit::text() const { return std::to_string(count) + "/" + base::format_duration(per); }

RateLimits read_rate_limits(base::TomlTable& table) {
    RateLimits limits;
    limits.orders_per_account = read_limit(table, "orders_per_account");
    limits.accounts_per_address = read_limit(table, "accounts_per_address");
    limits.certificates_per_name = read_limit(table, "certificates_per_name");
    table.finish();
    return limits;
}

}  // namespace signet::ca
