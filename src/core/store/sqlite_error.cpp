#include "store/sqlite_error.h"

#include <cerrno>
#include <cstring>
#include <sqlite3.h>
#include <string>

#include "base/error.h"

namespace signet::store {

using base::Error;
using base::Kind;

namespace {

[[noreturn]] void throw_cannot_open(int system_errno, const std::string& name) {
    const std::string reason = system_errno == 0 ? "" : std::string(": ") + std::strerror(system_errno);
    if (system_errno == ENOENT)
        throw Error{Kind::not_found, "there is no " + name, "make the store with: signet ca init"};
    if (system_errno == ENOSPC || system_errno == EIO || system_errno == EMFILE || system_errno == ENFILE) {
        throw Error{Kind::disk, "cannot open " + name + reason, "free space or open files, then try again"};
    }
    throw Error{Kind::permission, "cannot open " + name + reason,
                "it must be a plain file that this user may read and write, as the directory it is in"};
}

}  // namespace

void throw_sqlite_code(int code, int system_errno, const char* message, const base::Path& file) {
    const std::string name = file.string();
    const std::string reason = system_errno == 0 ? message : std::strerror(system_errno);
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            throw Error{Kind::store_busy, name + " stayed locked by another process for ten seconds",
                        "see what else is using the store (fuser " + name + "), then try again"};
        case SQLITE_FULL:
            throw Error{Kind::disk, "no space left for " + name,
                        "free space on its file system; what was there is unchanged"};
        case SQLITE_IOERR:
            if (code == SQLITE_IOERR_NOMEM) throw Error{Kind::environment, "out of memory while using " + name};
            throw Error{Kind::disk, "cannot read or write " + name + ": " + reason,
                        "check the disk and the file system's limits; what was committed before is unchanged"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            throw Error{Kind::permission, "cannot write " + name + ": " + reason,
                        "make the store writable for this user, on a file system that is mounted read-write"};
        case SQLITE_CANTOPEN:
            throw_cannot_open(system_errno, name);
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
        case SQLITE_FORMAT:
            throw Error{Kind::corrupt, name + " is damaged or no database: " + message,
                        "keep a copy of it, then restore the store from a backup"};
        case SQLITE_NOMEM:
            throw Error{Kind::environment, "out of memory while using " + name};
        case SQLITE_TOOBIG:
            throw Error{Kind::bad_input, "a value is too large for " + name};
        default:
            throw Error{Kind::internal, name + ": " + message};
    }
}

void throw_sqlite(sqlite3* connection, int code, const base::Path& file) {
    // The extended code tells IOERR_NOMEM from a broken disk; the system's errno is stale for everything but I/O.
    const int extended = sqlite3_extended_errcode(connection);
    const int primary = code & 0xff;
    const bool system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
    throw_sqlite_code(primary == (extended & 0xff) ? extended : code, system ? sqlite3_system_errno(connection) : 0,
                      sqlite3_errmsg(connection), file);
}

}  // namespace signet::store
