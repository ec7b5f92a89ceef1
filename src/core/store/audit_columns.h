#pragma once

#include "store/columns.h"

namespace signet::store {

/// For what reads rows of `audit`: the columns, and the record in them. Entry number = id - 1.
#define AUDIT_COLUMNS "id, at, action, actor, address, serial, account_id, profile, names, detail"

inline AuditRecord read_audit_columns(Statement& row) {
    return {row.integer(1),
            row.text(2),
            row.text(3),
            row.text(4),
            text_if_there(row, 5),
            text_if_there(row, 6),
            text_if_there(row, 7),
            text_to_list(row.text(8)),
            row.text(9)};
}

}  // namespace signet::store
