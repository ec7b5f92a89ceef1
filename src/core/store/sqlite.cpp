#include "store/sqlite.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <random>
#include <sqlite3.h>
#include <thread>
#include <unordered_map>

#include "base/error.h"
#include "store/sqlite_error.h"

namespace signet::store {

using base::Error;
using base::Kind;

namespace {

constexpr auto k_patience = std::chrono::seconds(10);
// What a commit of a full group dirties, and the inner pages of the serial index up to a few million rows.
constexpr int k_writer_cache_kib = 4 << 10;
// A reader's pages are stale after each commit, and there are several readers: the kernel's cache serves them all.
constexpr int k_reader_cache_kib = 512;
constexpr Dialect k_dialect{"BLOB", "INTEGER PRIMARY KEY", "WITHOUT ROWID"};

struct TextHash {
    using is_transparent = void;
    // The end of a statement and its length tell all of ours apart; one would read hundreds of characters else.
    std::size_t operator()(std::string_view text) const noexcept {
        constexpr std::size_t k_end = 16;
        return std::hash<std::string_view>{}(text.substr(text.size() - std::min(text.size(), k_end))) + text.size();
    }
};

struct Prepared {
    sqlite3_stmt* handle = nullptr;
    bool in_use = false;
};

class SqliteDatabase;

class SqliteStatement final : public Statement {
public:
    SqliteStatement(SqliteDatabase& database, sqlite3_stmt* handle, Prepared* cached)
        : database_(database), handle_(handle), cached_(cached) {}
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;
    ~SqliteStatement() override;

    void bind(int parameter, std::int64_t value) override { check(sqlite3_bind_int64(handle_, parameter, value)); }
    void bind(int parameter, std::string_view text) override {
        // A view without data would bind null, which is not the empty text.
        check(sqlite3_bind_text64(handle_, parameter, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                                  SQLITE_UTF8));
    }
    void bind(int parameter, base::ByteView blob) override {
        if (blob.empty()) return check(sqlite3_bind_zeroblob(handle_, parameter, 0));
        check(sqlite3_bind_blob64(handle_, parameter, blob.data(), blob.size(), SQLITE_TRANSIENT));
    }
    void bind_null(int parameter) override { check(sqlite3_bind_null(handle_, parameter)); }
    bool step() override;
    std::int64_t integer(int column) override { return sqlite3_column_int64(handle_, column); }
    std::string text(int column) override { return std::string(base::text_of(bytes(column))); }
    base::Bytes blob(int column) override {
        const auto view = bytes(column);
        return {view.begin(), view.end()};
    }
    bool is_null(int column) override { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

private:
    base::ByteView bytes(int column) {
        const auto* start = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
        if (start == nullptr || size == 0) return {};
        return {start, size};
    }
    void check(int code);

    SqliteDatabase& database_;
    sqlite3_stmt* handle_;
    Prepared* cached_;  // null: made for this use only
};

class SqliteDatabase final : public Database {
public:
    SqliteDatabase(const base::Path& file, Access access);
    SqliteDatabase(const SqliteDatabase&) = delete;
    SqliteDatabase& operator=(const SqliteDatabase&) = delete;
    ~SqliteDatabase() override;

    std::unique_ptr<Statement> prepare(std::string_view sql) override;
    void begin(bool write) override {
        execute(write ? "BEGIN IMMEDIATE" : "BEGIN");
        begun_ = true;
    }
    void commit() override {
        execute("COMMIT");
        begun_ = false;
    }
    void rollback() noexcept override;
    std::int64_t changes() override { return sqlite3_changes64(connection_); }
    std::vector<std::string> tables() override;
    const Dialect& dialect() const override { return k_dialect; }

    void execute(std::string_view sql) { prepare(sql)->step(); }
    void check(int code) {
        if (code != SQLITE_OK) throw_sqlite(connection_, code, file_);
    }
    void expect_transaction();
    [[noreturn]] void fail(int code) { throw_sqlite(connection_, code, file_); }

private:
    static int wait_for_lock(void* self, int count) noexcept;
    sqlite3_stmt* compile(std::string_view sql);

    base::Path file_;
    sqlite3* connection_ = nullptr;
    std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> prepared_;
    std::chrono::steady_clock::time_point waiting_since_;
    bool begun_ = false;
};

SqliteStatement::~SqliteStatement() {
    if (cached_ == nullptr) {
        sqlite3_finalize(handle_);
        return;
    }
    sqlite3_reset(handle_);  // repeats the error of the last step, which has been thrown
    sqlite3_clear_bindings(handle_);
    cached_->in_use = false;
}

void SqliteStatement::check(int code) { database_.check(code); }

bool SqliteStatement::step() {
    database_.expect_transaction();
    switch (const int code = sqlite3_step(handle_)) {
        case SQLITE_ROW:
            return true;
        case SQLITE_DONE:
            return false;
        default:
            database_.fail(code);
    }
}

SqliteDatabase::SqliteDatabase(const base::Path& file, Access access) : file_(file) {
    // SQLite would refuse a link anywhere in the path; the directories above the file may be links.
    std::error_code error;
    auto directory = std::filesystem::canonical(file.has_parent_path() ? file.parent_path() : base::Path("."), error);
    if (error) base::throw_errno(error.value(), "open", file);
    const auto path = directory / file.filename();
    constexpr int k_flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE;
    try {
        const int code = sqlite3_open_v2(path.c_str(), &connection_, k_flags, nullptr);
        if (connection_ == nullptr) throw_sqlite_code(SQLITE_NOMEM, 0, "out of memory", file_);
        check(code);
        sqlite3_busy_handler(connection_, &SqliteDatabase::wait_for_lock, this);
        sqlite3_db_config(connection_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        execute("PRAGMA trusted_schema = OFF");
        execute("PRAGMA foreign_keys = ON");
        execute("PRAGMA synchronous = FULL");
        execute("PRAGMA temp_store = MEMORY");
        const int cache_kib = access == Access::read ? k_reader_cache_kib : k_writer_cache_kib;
        execute("PRAGMA cache_size = -" + std::to_string(cache_kib));
        if (access == Access::read) execute("PRAGMA query_only = ON");
    } catch (...) {
        for (auto& [sql, prepared] : prepared_) sqlite3_finalize(prepared.handle);
        sqlite3_close_v2(connection_);
        throw;
    }
}

SqliteDatabase::~SqliteDatabase() {
    for (auto& [sql, prepared] : prepared_) sqlite3_finalize(prepared.handle);
    sqlite3_close_v2(connection_);
}

// SQLite's own handler sleeps up to 100 ms between tries: beside a busy writer, whose pauses are short, that can miss
// every one of them. Short sleeps with jitter find one soon; who has waited long tries more often than newcomers do, so
// that a crowd of processes starves none of its own.
int SqliteDatabase::wait_for_lock(void* self, int count) noexcept {
    auto& database = *static_cast<SqliteDatabase*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (count == 0) database.waiting_since_ = now;
    const auto waited = now - database.waiting_since_;
    if (waited >= k_patience) return 0;
    thread_local std::minstd_rand jitter(static_cast<unsigned>(now.time_since_epoch().count()));
    const unsigned longest = waited > k_patience / 2 ? 500 : count < 8 ? 1000 : 4000;
    const unsigned shortest = waited > k_patience / 2 ? 100 : 300;
    std::this_thread::sleep_for(std::chrono::microseconds(shortest + jitter() % longest));
    return 1;
}

sqlite3_stmt* SqliteDatabase::compile(std::string_view sql) {
    sqlite3_stmt* handle = nullptr;
    check(sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle,
                             nullptr));
    return handle;
}

std::unique_ptr<Statement> SqliteDatabase::prepare(std::string_view sql) {
    auto found = prepared_.find(sql);
    if (found == prepared_.end()) found = prepared_.emplace(std::string(sql), Prepared{compile(sql), false}).first;
    auto& cached = found->second;
    // The same text twice at once (a loop whose body asks the same): the inner one is made for the occasion.
    if (cached.in_use) return std::make_unique<SqliteStatement>(*this, compile(sql), nullptr);
    auto statement = std::make_unique<SqliteStatement>(*this, cached.handle, &cached);
    cached.in_use = true;
    return statement;
}

// A full disk can end the transaction behind our back; what came after would then commit on its own, row by row.
void SqliteDatabase::expect_transaction() {
    if (begun_ && sqlite3_get_autocommit(connection_) != 0) {
        throw Error{Kind::disk, "the transaction on " + file_.string() + " was rolled back by an earlier error"};
    }
}

void SqliteDatabase::rollback() noexcept {
    begun_ = false;
    if (sqlite3_get_autocommit(connection_) == 0) sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::vector<std::string> SqliteDatabase::tables() {
    auto rows = prepare("SELECT name FROM sqlite_master WHERE type = 'table'");
    std::vector<std::string> names;
    while (rows->step()) names.push_back(rows->text(0));
    return names;
}

void make_empty_file(const base::Path& file) {
    // Never opened when it is there: closing a second descriptor would drop the locks SQLite holds through its own.
    base::Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) {
        if (errno == EEXIST) return;
        base::throw_errno(errno, "create", file);
    }
    if (::fchmod(fd.get(), 0600) != 0) base::throw_errno(errno, "set the mode of", file);
    base::sync_directory(file.parent_path());
}

}  // namespace

void make_sqlite(const base::Path& file) {
    make_empty_file(file);
    SqliteDatabase(file, Access::write).execute("PRAGMA journal_mode = WAL");
}

std::unique_ptr<Database> open_sqlite(const base::Path& file, Access access) {
    // SQLite's counts of its memory, which nobody reads, cost a lock that all connections share.
    static const int counts_off = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(counts_off);
    return std::make_unique<SqliteDatabase>(file, access);
}

}  // namespace signet::store
