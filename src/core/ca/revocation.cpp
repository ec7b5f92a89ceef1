#include "ca/revocation.h"

#include "base/error.h"
#include "store/audit.h"
#include "store/certificates.h"
#include "x509/revocation_reason.h"

namespace signet::ca {

void revoke(store::Store& store, const store::CertificateRecord& record, int reason, base::Time now,
            const Revoker& revoker) {
    store::AuditRecord entry{};
    entry.at = base::to_unix(now);
    entry.action = "certificate.revoked";
    entry.actor = revoker.actor;
    entry.address = revoker.address;
    entry.serial = record.serial;
    entry.account = revoker.account;
    entry.profile = record.profile;
    entry.names = record.names;
    entry.detail = x509::revocation_reason_name(reason);
    store.write([&](store::Transaction& transaction) {
        if (!store::revoke_certificate(transaction, record.serial, {entry.at, reason, entry.at}))
            throw base::Error{base::Kind::already_revoked, "the certificate is revoked already"};
        store::append_audit(transaction, entry);
    });
}

}  // namespace signet::ca
