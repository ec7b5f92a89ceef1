#include "store/allowances.h"

#include <algorithm>

namespace signet::store {
namespace {

struct Look {
    std::int64_t wait, whole_at;  // whole_at: once one more is taken
};

Look look(Transaction& transaction, std::string_view subject, const Allowance& allowance, std::int64_t now) {
    auto row = transaction.query("SELECT whole_at FROM allowances WHERE subject = ?1", subject);
    const auto each = std::max<std::int64_t>(allowance.microseconds / allowance.count, 1);
    // A clock that was set back, or a limit that was made tighter, must not shut anyone out for longer than the limit.
    const auto whole_at = row->step() ? std::clamp(row->integer(0), now, now + each * allowance.count) : now;
    return {std::max<std::int64_t>(whole_at - now - each * (allowance.count - 1), 0), whole_at + each};
}

}  // namespace

std::int64_t take_allowance(Transaction& transaction, std::string_view subject, const Allowance& allowance,
                            std::int64_t now) {
    const auto [wait, whole_at] = look(transaction, subject, allowance, now);
    if (wait > 0) return wait;
    transaction.run(
        "INSERT INTO allowances (subject, whole_at) VALUES (?1, ?2)"
        " ON CONFLICT (subject) DO UPDATE SET whole_at = excluded.whole_at",
        subject, whole_at);
    return 0;
}

std::int64_t look_at_allowance(Transaction& transaction, std::string_view subject, const Allowance& allowance,
                               std::int64_t now) {
    return look(transaction, subject, allowance, now).wait;
}

std::int64_t sweep_allowances(Transaction& transaction, std::int64_t now, int limit) {
    return transaction.run(
        "DELETE FROM allowances WHERE subject IN"
        " (SELECT subject FROM allowances WHERE whole_at <= ?1 ORDER BY whole_at LIMIT ?2)",
        now, limit);
}

}  // namespace signet::store
