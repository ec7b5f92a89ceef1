#include "store/sqlite_copy.h"

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <sqlite3.h>
#include <thread>

#include "store/sqlite.h"
#include "store/sqlite_error.h"

namespace signet::store {

namespace {

struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
using Connection = std::unique_ptr<sqlite3, Close>;

Connection connect(const base::Path& file) {
    constexpr int k_open = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    constexpr int k_wait_milliseconds = 10'000;
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(file.c_str(), &opened, k_open, nullptr);
    Connection connection(opened);
    if (code != SQLITE_OK) throw_sqlite(opened, code, file);
    sqlite3_busy_timeout(opened, k_wait_milliseconds);
    return connection;
}

void execute(sqlite3* connection, const char* sql, const base::Path& file) {
    const int code = sqlite3_exec(connection, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) throw_sqlite(connection, code, file);
}

}  // namespace

void copy_sqlite(const base::Path& from, const base::Path& to) {
    const base::Fd made(::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!made) base::throw_errno(errno, "create", to);
    const auto source = connect(from), target = connect(to);
    execute(target.get(), "PRAGMA synchronous = OFF", to);
    auto* copy = sqlite3_backup_init(target.get(), "main", source.get(), "main");
    if (copy == nullptr) throw_sqlite(target.get(), sqlite3_errcode(target.get()), to);
    // All at once: a copy in steps begins again whenever another process has written. In WAL mode a reader, however
    // long it reads, holds up nobody.
    int code = sqlite3_backup_step(copy, -1);
    for (int tries = 0; (code == SQLITE_BUSY || code == SQLITE_LOCKED) && tries < 100; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        code = sqlite3_backup_step(copy, -1);
    }
    const int finished = sqlite3_backup_finish(copy);
    if (code != SQLITE_DONE) throw_sqlite(target.get(), code == SQLITE_OK ? finished : code, to);
}

std::string sqlite_fault(const base::Path& file) {
    const auto database = open_sqlite(file, Access::write);
    auto row = database->prepare("PRAGMA integrity_check(1)");
    const std::string said = row->step() ? row->text(0) : "no answer";
    return said == "ok" ? "" : said;
}

}  // namespace signet::store
