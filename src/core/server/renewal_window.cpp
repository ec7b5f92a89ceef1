#include "server/renewal_window.h"

#include <algorithm>

#include "crypto/digest.h"

namespace signet::server {
namespace {

constexpr std::int64_t k_minute = 60, k_hour = 3600, k_day = 24 * k_hour;
constexpr std::int64_t k_short_lifetime = 10 * k_day;
constexpr std::int64_t k_windows_in_spread = 500;

std::int64_t lifetime_of(const store::CertificateRecord& record) { return record.not_after - record.not_before; }

// In [0, 1): as good as random over all certificates, fixed for each.
double place_of(const store::CertificateRecord& record) {
    const auto digest = crypto::sha256(base::bytes_of(record.serial));
    const auto value = std::uint32_t{digest[0]} << 24 | std::uint32_t{digest[1]} << 16 | std::uint32_t{digest[2]} << 8 |
                       std::uint32_t{digest[3]};
    return static_cast<double>(value) / 4294967296.0;
}

}  // namespace

RenewalWindow renewal_window(const store::CertificateRecord& record) {
    if (record.revoked_at) return {*record.revoked_at - k_hour, *record.revoked_at - 1};
    const auto lifetime = lifetime_of(record);
    const auto first = lifetime < k_short_lifetime ? lifetime / 2 : lifetime / 3 * 2;
    const auto spread = std::max<std::int64_t>(lifetime / 6 * 5 - first, 0);
    const auto start =
        record.not_before + first + static_cast<std::int64_t>(place_of(record) * static_cast<double>(spread));
    return {start, start + std::clamp<std::int64_t>(spread / k_windows_in_spread, 1, k_hour)};
}

std::int64_t ask_again_after(const store::CertificateRecord& record) {
    return std::clamp(lifetime_of(record) / 20, k_minute, 6 * k_hour);
}

}  // namespace signet::server
