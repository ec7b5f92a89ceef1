#include "client/renewal.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"

namespace signet::client {
namespace {

using base::Error;
using base::Kind;

constexpr base::Duration k_short_lifetime = std::chrono::days(10);
constexpr base::Duration k_backdate = std::chrono::minutes(5);

[[noreturn]] void refuse(std::string_view text) {
    throw Error(Kind::usage,
                "--before: '" + base::printable(text, 40) + "' is neither a share of the lifetime nor a time",
                "write it as 33% or 30d");
}

}  // namespace

Before parse_before(std::string_view text) {
    if (!text.ends_with('%')) {
        try {
            const auto duration = base::parse_duration(text, "--before");
            if (duration > base::Duration::zero()) return {0, duration};
        } catch (const Error&) {
            refuse(text);
        }
        refuse(text);
    }
    double percent = 0;
    const auto* end = text.data() + text.size() - 1;
    const auto [stop, error] = std::from_chars(text.data(), end, percent, std::chars_format::fixed);
    if (error != std::errc() || stop != end || !(percent > 0 && percent < 100)) refuse(text);
    return {percent / 100, {}};
}

base::Duration renewal_lead(const x509::Certificate& leaf, const std::optional<Before>& before) {
    const base::Duration lifetime = leaf.not_after() - leaf.not_before() + std::chrono::seconds(1);  // both ends count
    const auto usual = lifetime < k_short_lifetime ? lifetime / 2 : lifetime / 3;
    if (!before) return usual;
    const auto wanted =
        before->share > 0
            ? base::Duration(static_cast<base::Duration::rep>(static_cast<double>(lifetime.count()) * before->share))
            : before->duration;
    // A certificate starts a little in the past: what was asked for as 24h lasts a minute more, and 24h is all of it.
    if (wanted >= lifetime - std::min<base::Duration>(k_backdate, lifetime / 20)) {
        throw Error(Kind::usage,
                    "--before " + base::format_duration(wanted) + " is not below the lifetime of " +
                        base::describe_duration(lifetime) + ": it would be renewed at every run",
                    "give less, or a share of the lifetime such as 33%");
    }
    return std::max(usual, wanted);
}

base::Time due_at(const x509::Certificate& leaf, const std::optional<Before>& before) {
    return leaf.not_after() - renewal_lead(leaf, before);
}

}  // namespace signet::client
