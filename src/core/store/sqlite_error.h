#pragma once

#include "base/file.h"

struct sqlite3;

namespace signet::store {

/// The last error of the connection as one of ours, naming the file.
[[noreturn]] void throw_sqlite(sqlite3* connection, int code, const base::Path& file);

/// What the result codes of SQLite mean here; `system_errno` is 0 when the system had no part in it.
[[noreturn]] void throw_sqlite_code(int code, int system_errno, const char* message, const base::Path& file);

}  // namespace signet::store
