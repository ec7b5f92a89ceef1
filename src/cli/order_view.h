#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "cli/output.h"
#include "store/records.h"
#include "store/store.h"

namespace signet::cli {

/// An order as an operator wants to see it, with its authorizations in the identifiers' order.
struct OrderView {
    store::OrderRecord order;
    std::vector<store::AuthorizationRecord> authorizations;
    std::vector<std::string> contacts;  // of the account

    /// The state that time alone may have changed.
    std::string status(base::Time now) const;
    /// Until `signet order approve` or `reject`.
    bool waits(base::Time now) const;
};

/// Throws not_found naming the order.
OrderView view_order(store::Transaction& transaction, const std::string& id);

/// id, status, waiting, profile, account, contacts[], address, created, expires, names[], authorizations[] (name,
/// status, proof, expires, errors[]), certificate, error; not_before, not_after and replaces where the order has them.
base::Json order_json(const OrderView& view, base::Time now);
base::Json orders_json(const std::vector<OrderView>& views, base::Time now);
void print_order(Output& out, const OrderView& view, base::Time now);
std::vector<std::string> order_names(const store::OrderRecord& order);

}  // namespace signet::cli
