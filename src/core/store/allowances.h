#pragma once

#include <cstdint>
#include <string_view>

#include "store/database.h"

namespace signet::store {

/// `count` at once, given back evenly over `microseconds`. Both above zero.
struct Allowance {
    std::int64_t count, microseconds;
};

/// Takes one of what `subject` may have. 0: taken; else nothing was taken, and there is one in so many microseconds.
/// `now` in microseconds since the epoch. One row for each subject that is not whole again (the generic cell rate
/// algorithm: the row says when it will be), whatever it has had before.
std::int64_t take_allowance(Transaction& transaction, std::string_view subject, const Allowance& allowance,
                            std::int64_t now);
/// What take_allowance would answer, without taking any.
std::int64_t look_at_allowance(Transaction& transaction, std::string_view subject, const Allowance& allowance,
                               std::int64_t now);
/// Forgets at most `limit` subjects that are whole again; returns how many.
std::int64_t sweep_allowances(Transaction& transaction, std::int64_t now, int limit);

}  // namespace signet::store
