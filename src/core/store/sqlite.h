#pragma once

#include <memory>

#include "base/file.h"
#include "store/database.h"

namespace signet::store {

enum class Access { read, write };

/// Makes an empty file, 0600 from birth, and turns write-ahead logging on. A file that is there is left as it is, but
/// for a log mode not yet set. The caller keeps others from doing the same at once.
void make_sqlite(const base::Path& file);

/// A connection to a file that is there (symbolic links are not followed in its last component). Every commit is synced
/// (synchronous = FULL); the -wal and -shm files get the mode of the file. Whatever waits for a lock waits up to ten
/// seconds, then throws store_busy. Throws also not_found, permission, disk (with what to free), corrupt when it is no
/// SQLite database or a damaged one. With Access::read nothing can be written through it.
std::unique_ptr<Database> open_sqlite(const base::Path& file, Access access);

}  // namespace signet::store
