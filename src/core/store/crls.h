#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/database.h"

namespace signet::store {

/// What was last signed as the CRL of one CA, by any process. All zero before the first.
struct CrlState {
    std::int64_t revision = 0;  // rises with each revocation below this CA
    std::int64_t number = 0;    // of the last CRL, or one that was never finished
    std::int64_t this_update = 0, next_update = 0;
};
CrlState crl_state(Transaction& transaction, std::string_view issuer_id);

/// A CRL number that was never given out before: one more than the last, and at least `now` in seconds since the epoch,
/// so that a database restored from a backup repeats none either (RFC 5280 section 5.2.3).
std::int64_t take_crl_number(Transaction& transaction, std::string_view issuer_id, std::int64_t now);
/// The CRL with the number taken is signed.
void save_crl_times(Transaction& transaction, std::string_view issuer_id, std::int64_t this_update,
                    std::int64_t next_update);

struct RevokedRow {
    std::string serial;  // lower-case hex
    std::int64_t revoked_at;
    int reason;
};
/// What is revoked below this CA and ends at `ending_from` or later. Reads one narrow index.
void for_each_revoked(Transaction& transaction, std::string_view issuer_id, std::int64_t ending_from,
                      const std::function<void(const RevokedRow&)>& visit);
std::int64_t count_revoked(Transaction& transaction, std::string_view issuer_id, std::int64_t ending_from);

/// What OCSP asks of a row.
struct CertificateStatus {
    std::string issuer_id;
    std::optional<std::int64_t> revoked_at;
    int reason = 0;
};
std::optional<CertificateStatus> find_status(Transaction& transaction, std::string_view serial);

}  // namespace signet::store
