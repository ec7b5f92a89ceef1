#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

// When to look at which certificate of the inventory because its end nears: so that nobody walks all of them.

struct InventoryEnd {
    std::int64_t id;
    std::int64_t not_before, not_after;
    std::string profile;
    bool revoked;
};
/// The rows of the inventory after the last that was asked for and passed(), in order.
std::vector<InventoryEnd> ends_not_watched(Transaction& transaction, int most);
void passed(Transaction& transaction, std::int64_t id);

struct Watch {
    std::int64_t at;  // when to look
    std::int64_t certificate;
};
void insert_watch(Transaction& transaction, const Watch& watch);
std::vector<Watch> due_watches(Transaction& transaction, std::int64_t now, int most);
void remove_watch(Transaction& transaction, const Watch& watch);

/// A CA that one of ours has signed for somebody else; in the transaction that records it.
void watch_subordinate(Transaction& transaction, std::string_view serial, std::int64_t not_after);
/// Where a walk over them is: the first has this end or a later one.
struct SubordinatePlace {
    std::int64_t not_after;
    std::string serial = {};
};
/// Those after `place`, which moves on, that end before `until`, with `der`, that are neither revoked nor replaced by a
/// later one of the same name. Fewer than `most`: there are no more.
std::vector<CertificateRecord> subordinates_ending(Transaction& transaction, SubordinatePlace& place,
                                                   std::int64_t until, int most);

/// Without its `der`.
std::optional<CertificateRecord> certificate_at(Transaction& transaction, std::int64_t id);
/// Whether another one took its place: an order said so (RFC 9773), or one for the same names and the same account was
/// issued later and lasts longer. Looks at a bounded number of rows.
bool has_successor(Transaction& transaction, std::int64_t id, const CertificateRecord& record);

}  // namespace signet::store
