#pragma once

namespace signet::base {

/// Standard error shows a line that has no end yet, and may still be overwritten: the next event of the log ends it
/// first.
void leave_line_open();
/// Whether there is one; who asks ends it. Thread-safe, as the above.
bool take_open_line();

}  // namespace signet::base
