#include "store/compromised_keys.h"

#include <charconv>
#include <limits>

#include "base/error.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "jose/jwk.h"
#include "store/accounts.h"
#include "store/audit.h"
#include "store/meta.h"
#include "store/orders.h"
#include "x509/certificate.h"
#include "x509/revocation_reason.h"

namespace signet::store {

namespace {

constexpr char k_problem[] =
    R"({"type":"urn:ietf:params:acme:error:unauthorized","detail":"the account is revoked: its key is compromised"})";

std::optional<x509::Certificate> read(const std::string& serial, const base::Bytes& der) {
    if (der.empty()) return std::nullopt;  // all that is known of it is what a CRL said after a restore
    try {
        return x509::Certificate::from_der(der);
    } catch (const base::Error& error) {
        // The revocation counts all the same.
        if (error.kind() != base::Kind::malformed) throw;
        base::log(base::Level::warning, "a compromised key is not known: its certificate cannot be read",
                  {{"serial", serial}});
        return std::nullopt;
    }
}

void remember(Transaction& transaction, const x509::Certificate& certificate, const std::string& serial,
              std::int64_t at) {
    const auto hash = crypto::sha256(certificate.spki_der());
    transaction.run("INSERT INTO compromised_keys (spki_sha256, serial, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                    base::ByteView(hash), serial, at);
}

std::optional<AccountRecord> account_with_key_of(Transaction& transaction, const x509::Certificate& certificate) {
    try {
        return find_account_by_thumbprint(transaction, jose::thumbprint(certificate.public_key()));
    } catch (const base::Error& error) {
        if (error.kind() != base::Kind::bad_public_key) throw;
        return std::nullopt;  // a key that no account can have
    }
}

void stop_account(Transaction& transaction, const x509::Certificate& certificate, const std::string& serial,
                  std::int64_t at) {
    auto account = account_with_key_of(transaction, certificate);
    if (!account || account->status != AccountStatus::valid) return;
    // RFC 8555 section 7.1.2: what the server itself ends is revoked, not deactivated.
    account->status = AccountStatus::revoked;
    update_account(transaction, *account);  // read in this transaction: nobody was first
    fail_orders_of(transaction, account->id, k_problem);
    AuditRecord entry{};
    entry.at = at;
    entry.action = "account.revoked";
    entry.actor = "signet";
    entry.serial = serial;
    entry.account = account->id;
    entry.profile = account->profile;
    entry.detail = "its key was revoked as compromised, with the certificate " + serial;
    append_audit(transaction, entry);
}

void remember_and_stop(Transaction& transaction, const std::string& serial, const base::Bytes& der,
                       std::int64_t revoked_at, std::int64_t now) {
    const auto certificate = read(serial, der);
    if (!certificate) return;
    remember(transaction, *certificate, serial, revoked_at);
    stop_account(transaction, *certificate, serial, now);
}

constexpr std::string_view k_place = "compromised_keys_known";
constexpr std::int64_t k_overlap = 86400;  // clocks of two machines differ, and what one wrote last is seen later

struct Place {
    std::int64_t revoked_at = std::numeric_limits<std::int64_t>::min(), id = 0;
};

Place last_place(Transaction& transaction) {
    Place place;
    const auto value = get_meta(transaction, k_place);
    if (!value) return place;
    const std::string text = base::to_text(*value);
    const auto* const end = text.data() + text.size();
    const auto [next, fault] = std::from_chars(text.data(), end, place.revoked_at);
    if (fault != std::errc{}) return {};
    if (next != end) std::from_chars(next + 1, end, place.id);
    return place;
}

}  // namespace

std::optional<CompromisedKey> find_compromised_key(Transaction& transaction, const crypto::PublicKey& key) {
    const auto hash = crypto::sha256(key.spki_der());
    auto row =
        transaction.query("SELECT serial, at FROM compromised_keys WHERE spki_sha256 = ?1", base::ByteView(hash));
    if (!row->step()) return std::nullopt;
    return CompromisedKey{row->text(0), row->integer(1)};
}

void remember_compromised_key(Transaction& transaction, std::string_view serial, const Revocation& revocation) {
    auto row = transaction.query("SELECT der FROM certificates WHERE serial = ?1", serial);
    if (!row->step()) return;
    const auto der = row->blob(0);
    row.reset();
    remember_and_stop(transaction, std::string(serial), der, revocation.at, revocation.told);
}

void fill_compromised_keys(Transaction& transaction) {
    auto rows = transaction.query(
        "SELECT serial, revoked_at, der FROM certificates WHERE revoked_at IS NOT NULL AND revocation_reason = ?1"
        " ORDER BY revoked_at, id",
        std::int64_t{x509::k_key_compromise});
    while (rows->step()) {
        const auto serial = rows->text(0);
        if (const auto certificate = read(serial, rows->blob(2)))
            remember(transaction, *certificate, serial, rows->integer(1));
    }
}

int catch_up_with_compromised_keys(Transaction& transaction, std::int64_t now, int limit) {
    auto place = last_place(transaction);
    // Of the wide rows no more is read than of those whose reason it is.
    auto rows = transaction.query(
        "SELECT id, revoked_at, revocation_reason, serial, der FROM certificates WHERE revoked_at IS NOT NULL"
        " AND (revoked_at, id) > (?1, ?2) ORDER BY revoked_at, id LIMIT ?3",
        place.revoked_at, place.id, std::int64_t{limit});
    int seen = 0;
    for (; rows->step(); ++seen) {
        place = {rows->integer(1), rows->integer(0)};
        if (rows->integer(2) == x509::k_key_compromise)
            remember_and_stop(transaction, rows->text(3), rows->blob(4), place.revoked_at, now);
    }
    // Nothing came: where the next look begins is noted already, and what changes nothing costs no sync.
    if (seen == 0 && place.revoked_at != Place{}.revoked_at) return 0;
    if (seen < limit) place = {now - k_overlap, 0};
    put_meta(transaction, k_place, base::bytes_of(std::to_string(place.revoked_at) + " " + std::to_string(place.id)));
    return seen;
}

}  // namespace signet::store
