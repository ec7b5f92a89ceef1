#include "store/store.h"

#include "base/error.h"
#include "store/directory.h"
#include "store/readers.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/writer.h"

namespace signet::store {

using base::Error;
using base::Kind;

struct Store::State {
    State(Layout where, std::unique_ptr<Database> connection)
        : layout(std::move(where)),
          writer(std::move(connection)),
          readers([file = layout.database()] { return open_sqlite(file, Access::read); }) {}

    Layout layout;
    Writer writer;
    Readers readers;
};

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

std::unique_ptr<Store> Store::open(const base::Path& root) {
    Layout layout(root);
    check_directory(layout);
    const auto file = layout.database();
    if (!base::file_facts(file)) {
        throw Error{Kind::not_found, "there is no store at " + root.string() + ": signet.db is missing",
                    "make one with: signet ca init"};
    }
    auto database = open_sqlite(file, Access::write);
    switch (schema_state(*database, file.string())) {
        case SchemaState::unmade:
            throw Error{Kind::not_found, "the store at " + root.string() + " was never finished",
                        "complete it with: signet ca init"};
        case SchemaState::older:
            migrate(*database, file.string());
            break;
        case SchemaState::current:
            break;
    }
    return std::unique_ptr<Store>(new Store(std::make_unique<State>(std::move(layout), std::move(database))));
}

std::unique_ptr<Store> Store::create(const base::Path& root) {
    const Layout layout(root);
    make_directory(layout);
    {
        // One at a time; each step leaves what the next caller can go on from.
        const auto lock = base::FileLock::acquire(layout.lock("create"));
        const auto file = layout.database();
        if (!base::file_facts(file)) make_sqlite(file);
        auto database = open_sqlite(file, Access::write);
        if (schema_state(*database, file.string()) == SchemaState::unmade) {
            database.reset();
            make_sqlite(file);  // was killed before the log mode was set, perhaps
            migrate(*open_sqlite(file, Access::write), file.string());
        }
    }
    return open(root);
}

const Layout& Store::layout() const { return state_->layout; }

void Store::read(const std::function<void(Transaction&)>& work) { state_->readers.read(work); }

void Store::write(const std::function<void(Transaction&)>& work) { state_->writer.write(work); }

const CommitStatistics& Store::commit_statistics() const { return state_->writer.statistics(); }
std::size_t Store::waiting_writes() const { return state_->writer.waiting(); }

base::FileLock Store::lock(std::string_view purpose, std::chrono::milliseconds patience) {
    const auto path = state_->layout.lock(purpose);
    base::make_directories(path.parent_path(), 0700);
    return base::FileLock::acquire(path, patience);
}

}  // namespace signet::store
