#pragma once

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

/// Appends within the very transaction of the act it records: both are there, or neither.
void append_audit(Transaction& transaction, const AuditRecord& record);

}  // namespace signet::store
