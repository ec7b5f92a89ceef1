#pragma once

#include "base/file.h"

namespace signet::store {

/// The database as it is at one moment, into a file that is not there yet, 0600. Reads one snapshot: those who read and
/// write the database go on. Not synced. Throws what open_sqlite throws.
void copy_sqlite(const base::Path& from, const base::Path& to);

/// What SQLite says of a database that nobody else uses: empty when it is sound.
std::string sqlite_fault(const base::Path& file);

}  // namespace signet::store
