#include "store/meta.h"

namespace signet::store {

std::optional<base::Bytes> get_meta(Transaction& transaction, std::string_view key) {
    auto row = transaction.query("SELECT value FROM meta WHERE name = ?1", key);
    if (!row->step()) return std::nullopt;
    return row->blob(0);
}

void put_meta(Transaction& transaction, std::string_view key, base::ByteView value) {
    transaction.run(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", key,
        value);
}

void erase_meta(Transaction& transaction, std::string_view key) {
    transaction.run("DELETE FROM meta WHERE name = ?1", key);
}

}  // namespace signet::store
