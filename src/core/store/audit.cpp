#include "store/audit.h"

#include "store/columns.h"

namespace signet::store {

void append_audit(Transaction& transaction, const AuditRecord& record) {
    transaction.run(
        "INSERT INTO audit (at, action, actor, address, serial, account_id, profile, names, detail)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        record.at, record.action, record.actor, record.address, record.serial, record.account, record.profile,
        list_to_text(record.names), record.detail);
}

}  // namespace signet::store
