#pragma once

namespace signet::base {

/// Gives memory back to the system: what the heap has free, and the pages of program and libraries that are mapped here
/// though little of them is in use, such as those that only a start needs. What is needed again is mapped again at its
/// next use, from the page cache. Takes about a millisecond, during which other threads may wait; thread-safe. Gives no
/// free memory of the heap back where the C library knows no such thing.
void release_idle_memory();

/// Keys come and go in this memory: no core is written from here on, one that root takes (gcore) holds none of it, and
/// no other process but root's looks into it, not even one of the same user. Programs that are started begin with a
/// core limit and a core filter of 0, which they may raise. To be called at the very start.
void hide_memory();

}  // namespace signet::base
