#pragma once

#include <functional>

#include "base/time.h"

namespace signet::base {

/// What SystemClock::wait_until does, by a wall clock of the caller's. It notices within a minute that the clock has
/// jumped past `when`, and sleeps no longer than it was to when it began: a clock that was set back meanwhile is then
/// still before `when`. False when a stop is requested first.
bool wait_by(const std::function<Time()>& wall_clock, Time when, const std::stop_token& stop);

}  // namespace signet::base
