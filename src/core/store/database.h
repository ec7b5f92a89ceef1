#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace signet::store {

/// A prepared statement in use; reset and unbound when it dies, so that it can be prepared once and used often.
/// Parameters count from 1, columns from 0.
class Statement {
public:
    virtual ~Statement() = default;
    virtual void bind(int parameter, std::int64_t value) = 0;
    virtual void bind(int parameter, std::string_view text) = 0;
    virtual void bind(int parameter, base::ByteView blob) = 0;
    virtual void bind_null(int parameter) = 0;
    /// Runs to the next row; false when there is none. Throws store_busy, disk or corrupt.
    virtual bool step() = 0;
    virtual std::int64_t integer(int column) = 0;
    virtual std::string text(int column) = 0;
    virtual base::Bytes blob(int column) = 0;
    virtual bool is_null(int column) = 0;
};

/// The words that SQLite and PostgreSQL spell differently. Only the schema needs them.
struct Dialect {
    std::string_view blob;    // the type of a column of bytes
    std::string_view row_id;  // type and constraint of a key that numbers rows by itself
    std::string_view in_key;  // after a table all of whose columns are its key: kept in that order, once
};

/// The database seam: what differs between drivers. The domain's SQL stands once, above it, in what both SQLite and
/// PostgreSQL speak (?1 placeholders, ON CONFLICT, RETURNING, integer times). A connection: used by one thread at a
/// time. Its statements die before it does.
class Database {
public:
    virtual ~Database() = default;
    virtual std::unique_ptr<Statement> prepare(std::string_view sql) = 0;  // cached by text
    virtual void begin(bool write) = 0;
    virtual void commit() = 0;  // durable when it returns
    virtual void rollback() noexcept = 0;
    virtual std::int64_t changes() = 0;             // rows touched by the last statement
    virtual std::vector<std::string> tables() = 0;  // names of all tables there are, ours or not
    virtual const Dialect& dialect() const = 0;
};

/// A transaction in progress, as the domain functions see it. Made by Store only.
class Transaction {
public:
    explicit Transaction(Database& database) : database_(database) {}
    Transaction(const Transaction&) = delete;

    /// A statement with its parameters bound in order: integers, text, bytes, std::optional of these (null).
    template <class... Values>
    std::unique_ptr<Statement> query(std::string_view sql, const Values&... values) {
        auto statement = database_.prepare(sql);
        int parameter = 0;
        (bind(*statement, ++parameter, values), ...);
        return statement;
    }
    /// The same for a statement without rows; returns the number of rows it touched.
    template <class... Values>
    std::int64_t run(std::string_view sql, const Values&... values) {
        query(sql, values...)->step();
        return database_.changes();
    }

private:
    static void bind(Statement& statement, int parameter, std::int64_t value) { statement.bind(parameter, value); }
    static void bind(Statement& statement, int parameter, std::string_view value) { statement.bind(parameter, value); }
    static void bind(Statement& statement, int parameter, const std::string& value) {
        statement.bind(parameter, std::string_view(value));
    }
    static void bind(Statement& statement, int parameter, const char* value) {
        statement.bind(parameter, std::string_view(value));
    }
    static void bind(Statement& statement, int parameter, const base::Bytes& value) {
        statement.bind(parameter, base::ByteView(value));
    }
    static void bind(Statement& statement, int parameter, base::ByteView value) { statement.bind(parameter, value); }
    template <class T>
    static void bind(Statement& statement, int parameter, const std::optional<T>& value) {
        value ? bind(statement, parameter, *value) : statement.bind_null(parameter);
    }
    Database& database_;
};

}  // namespace signet::store
