#include "store/compromised_keys.h"

#include "base/error.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "x509/certificate.h"
#include "x509/revocation_reason.h"

namespace signet::store {

namespace {

void remember(Transaction& transaction, const std::string& serial, std::int64_t at, const base::Bytes& der) {
    if (der.empty()) return;  // all that is known of it is what a CRL said after a restore
    try {
        const auto certificate = x509::Certificate::from_der(der);
        const auto hash = crypto::sha256(certificate.spki_der());
        transaction.run(
            "INSERT INTO compromised_keys (spki_sha256, serial, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            base::ByteView(hash), serial, at);
    } catch (const base::Error& error) {
        // The revocation counts all the same.
        if (error.kind() != base::Kind::malformed) throw;
        base::log(base::Level::warning, "a compromised key is not known: its certificate cannot be read",
                  {{"serial", serial}});
    }
}

}  // namespace

std::optional<CompromisedKey> find_compromised_key(Transaction& transaction, const crypto::PublicKey& key) {
    const auto hash = crypto::sha256(key.spki_der());
    auto row =
        transaction.query("SELECT serial, at FROM compromised_keys WHERE spki_sha256 = ?1", base::ByteView(hash));
    if (!row->step()) return std::nullopt;
    return CompromisedKey{row->text(0), row->integer(1)};
}

void remember_compromised_key(Transaction& transaction, std::string_view serial, std::int64_t at) {
    auto row = transaction.query("SELECT der FROM certificates WHERE serial = ?1", serial);
    if (!row->step()) return;
    const auto der = row->blob(0);
    row.reset();
    remember(transaction, std::string(serial), at, der);
}

void fill_compromised_keys(Transaction& transaction) {
    auto rows = transaction.query(
        "SELECT serial, revoked_at, der FROM certificates WHERE revoked_at IS NOT NULL AND revocation_reason = ?1"
        " ORDER BY revoked_at, id",
        std::int64_t{x509::k_key_compromise});
    while (rows->step()) remember(transaction, rows->text(0), rows->integer(1), rows->blob(2));
}

}  // namespace signet::store
