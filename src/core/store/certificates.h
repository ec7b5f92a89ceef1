#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

/// Throws exists when the serial is taken (128 random bits: draw again).
void insert_certificate(Transaction& transaction, const CertificateRecord& record);
std::optional<CertificateRecord> find_certificate(Transaction& transaction, std::string_view serial);
/// Not yet expired at `now`, signed by this CA certificate.
std::int64_t count_living(Transaction& transaction, std::string_view issuer_id, std::int64_t now);

void save_lineage(Transaction& transaction, const LineageRecord& record);  // inserts or replaces
std::optional<LineageRecord> find_lineage(Transaction& transaction, std::string_view directory);

}  // namespace signet::store
