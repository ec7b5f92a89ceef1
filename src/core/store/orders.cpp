#include "store/orders.h"

#include <utility>

#include "base/error.h"
#include "store/columns.h"

namespace signet::store {

namespace {

/// RFC 8555 section 7.1.6.
constexpr std::pair<OrderStatus, OrderStatus> k_steps[] = {
    {OrderStatus::pending, OrderStatus::ready},      {OrderStatus::pending, OrderStatus::invalid},
    {OrderStatus::ready, OrderStatus::processing},   {OrderStatus::ready, OrderStatus::valid},
    {OrderStatus::ready, OrderStatus::invalid},      {OrderStatus::processing, OrderStatus::valid},
    {OrderStatus::processing, OrderStatus::invalid},
};

void expect_step(OrderStatus from, OrderStatus to) {
    for (const auto& step : k_steps) {
        if (step == std::pair{from, to}) return;
    }
    throw base::Error{base::Kind::internal,
                      "an order does not go from " + std::string(to_text(from)) + " to " + std::string(to_text(to))};
}

void read_identifiers(Transaction& transaction, OrderRecord& order) {
    auto rows = transaction.query(
        "SELECT type, value, authorization_id FROM order_identifiers WHERE order_id = ?1 ORDER BY position", order.id);
    while (rows->step()) {
        order.identifiers.push_back(read_identifier(rows->text(0), rows->text(1)));
        order.authorizations.push_back(rows->text(2));
    }
}

}  // namespace

void insert_order(Transaction& transaction, const OrderRecord& record) {
    if (record.identifiers.size() != record.authorizations.size()) {
        throw base::Error{base::Kind::internal, "an order needs one authorization for each identifier"};
    }
    transaction.run(
        "INSERT INTO orders (id, account_id, profile, status, created_at, expires_at, not_before, not_after, serial, "
        "error, replaces, address)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        record.id, record.account, record.profile, to_text(record.status), record.created_at, record.expires_at,
        record.not_before, record.not_after, record.certificate, record.error, record.replaces, record.address);
    for (std::size_t i = 0; i < record.identifiers.size(); ++i) {
        transaction.run(
            "INSERT INTO order_identifiers (order_id, position, type, value, authorization_id) VALUES (?1, ?2, ?3, ?4, "
            "?5)",
            record.id, static_cast<std::int64_t>(i), x509::type_name(record.identifiers[i].type()),
            record.identifiers[i].text(), record.authorizations[i]);
    }
}

std::optional<OrderRecord> find_order(Transaction& transaction, std::string_view id) {
    auto row = transaction.query(
        "SELECT id, account_id, profile, status, created_at, expires_at, not_before, not_after, serial, error, "
        "replaces,"
        " address FROM orders WHERE id = ?1",
        id);
    if (!row->step()) return std::nullopt;
    OrderRecord order{};
    order.id = row->text(0);
    order.account = row->text(1);
    order.profile = row->text(2);
    order.status = order_status(row->text(3));
    order.created_at = row->integer(4);
    order.expires_at = row->integer(5);
    order.not_before = integer_if_there(*row, 6);
    order.not_after = integer_if_there(*row, 7);
    order.certificate = text_if_there(*row, 8);
    order.error = text_if_there(*row, 9);
    order.replaces = text_if_there(*row, 10);
    order.address = row->text(11);
    read_identifiers(transaction, order);
    return order;
}

bool move_order(Transaction& transaction, std::string_view id, OrderStatus from, OrderStatus to) {
    expect_step(from, to);
    return transaction.run("UPDATE orders SET status = ?3 WHERE id = ?1 AND status = ?2", id, to_text(from),
                           to_text(to)) == 1;
}

bool complete_order(Transaction& transaction, std::string_view id, std::string_view serial) {
    return transaction.run("UPDATE orders SET status = 'valid', serial = ?2 WHERE id = ?1 AND status = 'ready'", id,
                           serial) == 1;
}

bool fail_order(Transaction& transaction, std::string_view id, std::string_view problem_json) {
    return transaction.run(
               "UPDATE orders SET status = 'invalid', error = ?2 WHERE id = ?1 AND status IN ('pending', 'ready')", id,
               problem_json) == 1;
}

void fail_orders_of(Transaction& transaction, std::string_view account, std::string_view problem_json) {
    transaction.run(
        "UPDATE orders SET status = 'invalid', error = ?2 WHERE account_id = ?1 AND status IN ('pending', 'ready')",
        account, problem_json);
}

std::optional<std::int64_t> open_orders_until(Transaction& transaction, std::string_view account, std::int64_t most,
                                              std::int64_t now) {
    auto row = transaction.query(
        "SELECT expires_at FROM orders WHERE status IN ('pending', 'ready') AND account_id = ?1 AND expires_at > ?2"
        " ORDER BY expires_at DESC LIMIT 1 OFFSET ?3",
        account, now, most - 1);
    return row->step() ? std::optional(row->integer(0)) : std::nullopt;
}

std::int64_t count_refusal(Transaction& transaction, std::string_view id) {
    auto row = transaction.query("UPDATE orders SET refusals = refusals + 1 WHERE id = ?1 RETURNING refusals", id);
    return row->step() ? row->integer(0) : 0;
}

bool being_replaced(Transaction& transaction, std::string_view certificate_id, std::int64_t now) {
    return transaction
        .query("SELECT 1 FROM orders WHERE replaces = ?1 AND status <> 'invalid' AND expires_at > ?2 LIMIT 1",
               certificate_id, now)
        ->step();
}

std::vector<std::string> list_orders(Transaction& transaction, std::string_view account, std::string_view cursor,
                                     int limit) {
    auto rows = cursor.empty() ? transaction.query(
                                     "SELECT id FROM orders WHERE account_id = ?1 AND status <> 'invalid'"
                                     " ORDER BY created_at DESC, id DESC LIMIT ?2",
                                     account, limit)
                               : transaction.query(
                                     "SELECT id FROM orders WHERE account_id = ?1 AND status <> 'invalid'"
                                     " AND (created_at, id) < (SELECT created_at, id FROM orders WHERE id = ?3)"
                                     " ORDER BY created_at DESC, id DESC LIMIT ?2",
                                     account, limit, cursor);
    std::vector<std::string> ids;
    while (rows->step()) ids.push_back(rows->text(0));
    return ids;
}

std::optional<std::string> account_of_certificate(Transaction& transaction, std::string_view serial) {
    auto row = transaction.query("SELECT account_id FROM certificates WHERE serial = ?1", serial);
    if (!row->step()) return std::nullopt;
    return text_if_there(*row, 0);
}

}  // namespace signet::store
