#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/name_keys.h"
#include "store/records.h"

namespace signet::store {

/// Which certificates are wanted: all that is set must hold.
struct InventoryFilter {
    std::optional<std::string> authority{}, profile{}, account{};
    std::optional<NameRange> names{};                           // one of its names has a key in it ...
    std::function<bool(std::string_view name)> name_matches{};  // ... and is this one; only with `names`
    bool revoked = false;
    /// Not revoked, and ends in [first, second): seconds since the epoch.
    std::optional<std::pair<std::int64_t, std::int64_t>> ending{};
};

/// Walks the inventory in steps, each a short read of its own: however many rows there are, memory holds one step, and
/// no transaction holds up the database. The newest come first; with `revoked` what was revoked last, with `ending`
/// what ends first, with `names` in the order of names, the newest of each first. What is issued or removed meanwhile
/// may or may not be seen, every other row exactly once.
class Inventory {
public:
    explicit Inventory(InventoryFilter filter);
    /// Looks at the next `most` rows and returns those that are wanted, without their `der` and `replaced_by`. None
    /// does not mean that the end is reached: ask at_end().
    std::vector<CertificateRecord> next(Transaction& transaction, int most);
    bool at_end() const { return at_end_; }

private:
    enum class Order { newest, names, account, revoked, ending };
    std::unique_ptr<Statement> ask(Transaction& transaction, int most) const;
    void remember(Statement& row);
    bool wanted(const CertificateRecord& record, std::string_view key) const;

    InventoryFilter filter_;
    Order order_;
    bool at_end_ = false;
    std::int64_t id_, number_;  // of the last row; number_: the time that the order goes by
    std::string key_;           // likewise
};

/// By the SHA-256 of its DER, in lower-case hex.
std::optional<CertificateRecord> find_by_fingerprint(Transaction& transaction, std::string_view fingerprint);

/// What insert_certificate and the sweep keep beside the rows, and a migration fills in.
void index_names(Transaction& transaction, std::int64_t id, const std::vector<std::string>& names);
void drop_names(Transaction& transaction, std::int64_t id, const std::vector<std::string>& names);

}  // namespace signet::store
