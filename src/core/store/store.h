#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/lock.h"
#include "store/database.h"
#include "store/layout.h"

namespace signet::store {

struct CommitStatistics;

/// A store directory with its database: one writer connection behind a group commit, a few readers. Thread-safe; any
/// number of processes may use one store at once.
class Store {
public:
    /// Opens what `ca init` made. Throws not_found with the hint "signet ca init" when there is none, permission when
    /// it is another user's or others can read it, corrupt when signet.db is no database of ours or a newer one.
    static std::unique_ptr<Store> open(const base::Path& root);
    /// Makes the directory (0700) and the database (0600) where they are missing, and opens. For `ca init` only.
    static std::unique_ptr<Store> create(const base::Path& root);
    ~Store();

    const Layout& layout() const;

    /// Runs `work` in a read transaction: one snapshot. Concurrent reads do not wait for each other or for the writer.
    void read(const std::function<void(Transaction&)>& work);
    template <class F>
    auto query(F work);

    /// Runs `work` in a write transaction shared with whoever else waits, and returns when it is durable. What `work`
    /// throws is rethrown here, and only its own changes are undone. `work` may run twice: it must have no side effect
    /// but through the transaction, and do no I/O, cryptography or waiting.
    void write(const std::function<void(Transaction&)>& work);

    const CommitStatistics& commit_statistics() const;
    std::size_t waiting_writes() const;

    /// Advisory, across processes. After getting it, look again whether the work is still to be done.
    base::FileLock lock(std::string_view purpose, std::chrono::milliseconds patience = std::chrono::seconds(10));

private:
    struct State;
    explicit Store(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

template <class F>
auto Store::query(F work) {
    std::optional<decltype(work(std::declval<Transaction&>()))> result;
    read([&](Transaction& transaction) { result.emplace(work(transaction)); });
    return std::move(*result);
}

}  // namespace signet::store
