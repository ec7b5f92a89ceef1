#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

void insert_order(Transaction& transaction, const OrderRecord& record);
/// With identifiers and authorization ids.
std::optional<OrderRecord> find_order(Transaction& transaction, std::string_view id);
/// Compare-and-set on the status: false when the order is not in `from` any more. Throws internal for a pair that is no
/// step of RFC 8555 section 7.1.6.
bool move_order(Transaction& transaction, std::string_view id, OrderStatus from, OrderStatus to);
/// ready → valid with its certificate; false when it is not ready any more: two finalizes at once give one certificate.
bool complete_order(Transaction& transaction, std::string_view id, std::string_view serial);
bool fail_order(Transaction& transaction, std::string_view id,
                std::string_view problem_json);  // pending or ready → invalid
/// The same for every open order of an account that is stopped (RFC 8555 section 7.3.6).
void fail_orders_of(Transaction& transaction, std::string_view account, std::string_view problem_json);
/// Until when (seconds) the account has `most` or more orders that are pending or ready; nullopt: it has fewer at
/// `now`.
std::optional<std::int64_t> open_orders_until(Transaction& transaction, std::string_view account, std::int64_t most,
                                              std::int64_t now);
/// One more finalize was refused; returns how many that makes.
std::int64_t count_refusal(Transaction& transaction, std::string_view id);
/// Is there an order that replaces this certificate and has not failed or expired?
bool being_replaced(Transaction& transaction, std::string_view certificate_id, std::int64_t now);
/// Newest first, after `cursor` (an order id, or empty). Without invalid ones (RFC 8555 section 7.1.2.1).
std::vector<std::string> list_orders(Transaction& transaction, std::string_view account, std::string_view cursor,
                                     int limit);
/// The account that ordered this certificate: ownership of the certificate URL. Outlives the order.
std::optional<std::string> account_of_certificate(Transaction& transaction, std::string_view serial);

}  // namespace signet::store
