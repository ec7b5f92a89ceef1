#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

/// Throws exists when the serial is taken (128 random bits: draw again).
void insert_certificate(Transaction& transaction, const CertificateRecord& record);
std::optional<CertificateRecord> find_certificate(Transaction& transaction, std::string_view serial);
/// Whether a root or an issuing CA of this name was ever entered. Looks at every row when none was.
bool knows_ca(Transaction& transaction, std::string_view name);
struct Revocation {
    std::int64_t at;
    int reason;         // a CRLReason (RFC 5280 section 5.3.1)
    std::int64_t told;  // when the store hears of it: after `at` where another CA's or a lost store's CRL says so
};
/// Compare-and-set: false when it is revoked already, or not there. Raises the revision of its issuer's CRL
/// (store/crls.h), so that every process sees it at once; for keyCompromise the key is remembered
/// (store/compromised_keys.h).
bool revoke_certificate(Transaction& transaction, std::string_view serial, const Revocation& revocation);
void mark_replaced(Transaction& transaction, std::string_view serial, std::string_view successor);
/// Not yet expired at `now`, signed by this CA certificate; its OCSP responders do not count.
std::int64_t count_living(Transaction& transaction, std::string_view issuer_id, std::int64_t now);

/// When the last certificate of this CA certificate ends; its OCSP responders do not count. 0 when there is none.
std::int64_t last_end(Transaction& transaction, std::string_view issuer_id);

/// Where a walk over living certificates is.
struct LivingPlace {
    std::int64_t not_after = 0, id = 0;
};
/// Signed by this CA certificate, not ended at `now`, not revoked: those after `place`, which moves on, in the order of
/// their ends.
std::vector<CertificateRecord> living_after(Transaction& transaction, std::string_view issuer_id, std::int64_t now,
                                            LivingPlace& place, int most);

void save_lineage(Transaction& transaction, const LineageRecord& record);  // inserts or replaces
std::optional<LineageRecord> find_lineage(Transaction& transaction, std::string_view directory);

}  // namespace signet::store
