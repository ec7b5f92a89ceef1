#include "ca/renewal_window.h"

#include <algorithm>

#include "ca/authority_files.h"
#include "ca/generations.h"
#include "ca/revocation.h"
#include "crypto/digest.h"
#include "store/certificates.h"

namespace signet::ca {
namespace {

constexpr std::int64_t k_minute = 60, k_hour = 3600, k_day = 24 * k_hour;
constexpr std::int64_t k_short_lifetime = 10 * k_day;
constexpr std::int64_t k_windows_in_spread = 500;
constexpr std::int64_t k_moving = 3 * k_day;

std::int64_t lifetime_of(const store::CertificateRecord& record) { return record.not_after - record.not_before; }

// In [0, 1): as good as random over all certificates, fixed for each.
double place_of(const store::CertificateRecord& record) {
    const auto digest = crypto::sha256(base::bytes_of(record.serial));
    const auto value = std::uint32_t{digest[0]} << 24 | std::uint32_t{digest[1]} << 16 | std::uint32_t{digest[2]} << 8 |
                       std::uint32_t{digest[3]};
    return static_cast<double>(value) / 4294967296.0;
}

std::optional<store::CertificateRecord> known(store::Store& store, const x509::Certificate& leaf) {
    auto record = store.query(
        [&](store::Transaction& transaction) { return store::find_certificate(transaction, leaf.serial_hex()); });
    if (!record || record->der != leaf.der()) return {};
    return record;
}

// Since when the CA that signed it is a former one; nullopt for the current one.
std::optional<std::int64_t> former_since(store::Store& store, const store::CertificateRecord& record) {
    const auto files = read_authority_files(store.layout(), record.authority);
    const auto replaced = store.query([&](store::Transaction& transaction) { return replaced_at(transaction, files); });
    const auto since = replaced.find(record.issuer_id);
    return since == replaced.end() ? std::nullopt : std::optional(since->second);
}

}  // namespace

RenewalWindow renewal_window(const store::CertificateRecord& record, std::optional<std::int64_t> replaced_at) {
    if (record.revoked_at) return {*record.revoked_at - k_hour, *record.revoked_at - 1};
    const auto lifetime = lifetime_of(record);
    const auto first = lifetime < k_short_lifetime ? lifetime / 2 : lifetime / 3 * 2;
    const auto spread = std::max<std::int64_t>(lifetime / 6 * 5 - first, 0);
    const auto start =
        record.not_before + first + static_cast<std::int64_t>(place_of(record) * static_cast<double>(spread));
    const RenewalWindow usual{start, start + std::clamp<std::int64_t>(spread / k_windows_in_spread, 1, k_hour)};
    if (!replaced_at) return usual;
    const auto room = std::clamp<std::int64_t>((record.not_after - *replaced_at) / 2, 0, k_moving);
    const auto moving = *replaced_at + static_cast<std::int64_t>(place_of(record) * static_cast<double>(room));
    if (moving >= usual.start) return usual;
    return {moving, moving + std::clamp<std::int64_t>(room / k_windows_in_spread, 1, k_hour)};
}

std::optional<base::Time> moves_at(store::Store& store, const x509::Certificate& leaf) {
    const auto record = known(store, leaf);
    if (!record || !authority_exists(store.layout(), record->authority)) return {};
    if (record->revoked_at && record->revocation_reason == k_ca_compromise) return base::from_unix(*record->revoked_at);
    const auto since = former_since(store, *record);
    if (!since) return {};
    return base::from_unix(renewal_window(*record, since).start);
}

std::optional<RenewalWindow> advised_window(store::Store& store, const x509::Certificate& leaf) {
    const auto record = known(store, leaf);
    if (!record) return {};
    std::optional<std::int64_t> since;
    if (authority_exists(store.layout(), record->authority)) since = former_since(store, *record);
    return renewal_window(*record, since);
}

std::int64_t ask_again_after(const store::CertificateRecord& record) {
    return std::clamp(lifetime_of(record) / 20, k_minute, 6 * k_hour);
}

}  // namespace signet::ca
