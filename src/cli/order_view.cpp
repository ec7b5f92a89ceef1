#include "cli/order_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "server/orders.h"
#include "store/accounts.h"
#include "store/authorizations.h"
#include "store/columns.h"
#include "store/orders.h"

namespace signet::cli {
namespace {

using base::Json;

std::string moment(std::int64_t seconds) { return base::format_time(base::from_unix(seconds)); }

std::string full_name(const store::AuthorizationRecord& authorization) {
    return (authorization.wildcard ? "*." : "") + authorization.identifier.text();
}

// Problem documents are ours: made by this program, and stored.
Json problem_of(const std::optional<std::string>& document) {
    return document ? base::parse_json(*document, "a problem in the store") : Json();
}

Json authorization_json(const store::AuthorizationRecord& authorization) {
    Json errors = Json::array();
    for (const auto& challenge : authorization.challenges)
        if (challenge.error) errors.push_back(problem_of(challenge.error));
    return {{"name", full_name(authorization)},
            {"status", store::to_text(authorization.status)},
            {"proof", authorization.proof},
            {"expires", moment(authorization.expires_at)},
            {"errors", std::move(errors)}};
}

// A client's own words are for a terminal only after cleaning.
std::string shown(const std::vector<std::string>& texts) {
    std::vector<std::string> clean;
    for (const auto& text : texts) clean.push_back(base::printable(text));
    return base::join(clean, ", ");
}

std::string reason_of(const store::OrderRecord& order) {
    if (!order.error) return {};
    const auto json = problem_of(order.error);
    const auto detail = json.find("detail");
    return detail != json.end() && detail->is_string() ? base::printable(detail->get<std::string>(), 500) : "";
}

}  // namespace

std::string OrderView::status(base::Time now) const {
    return std::string(store::to_text(server::status_now(order, base::to_unix(now))));
}

bool OrderView::waits(base::Time now) const {
    const auto seconds = base::to_unix(now);
    return server::status_now(order, seconds) == store::OrderStatus::pending &&
           std::ranges::any_of(authorizations, [&](const store::AuthorizationRecord& authorization) {
               return authorization.proof == store::k_operator_proof && authorization.expires_at > seconds &&
                      authorization.status == store::AuthorizationStatus::pending;
           });
}

OrderView view_order(store::Transaction& transaction, const std::string& id) {
    auto order = store::find_order(transaction, id);
    if (!order) {
        throw base::Error{base::Kind::not_found, "there is no order " + base::printable(id, 60),
                          "see 'signet order list --all'"};
    }
    OrderView view{std::move(*order), {}, {}};
    for (const auto& each : view.order.authorizations) {
        if (auto found = store::find_authorization(transaction, each)) view.authorizations.push_back(std::move(*found));
    }
    if (auto account = store::find_account(transaction, view.order.account)) view.contacts = account->contacts;
    return view;
}

std::vector<std::string> order_names(const store::OrderRecord& order) {
    std::vector<std::string> names;
    for (const auto& identifier : order.identifiers) names.push_back(identifier.text());
    return names;
}

Json order_json(const OrderView& view, base::Time now) {
    const auto& order = view.order;
    Json authorizations = Json::array();
    for (const auto& each : view.authorizations) authorizations.push_back(authorization_json(each));
    Json json = {{"id", order.id},
                 {"status", view.status(now)},
                 {"waiting", view.waits(now)},
                 {"profile", order.profile},
                 {"account", order.account},
                 {"contacts", view.contacts},
                 {"address", order.address},
                 {"created", moment(order.created_at)},
                 {"expires", moment(order.expires_at)},
                 {"names", order_names(order)},
                 {"authorizations", std::move(authorizations)},
                 {"certificate", order.certificate ? Json(*order.certificate) : Json()},
                 {"error", problem_of(order.error)}};
    if (order.not_before) json["not_before"] = moment(*order.not_before);
    if (order.not_after) json["not_after"] = moment(*order.not_after);
    if (order.replaces) json["replaces"] = *order.replaces;
    return json;
}

Json orders_json(const std::vector<OrderView>& views, base::Time now) {
    Json all = Json::array();
    for (const auto& view : views) all.push_back(order_json(view, now));
    return all;
}

void print_order(Output& out, const OrderView& view, base::Time now) {
    const auto& order = view.order;
    out.facts({{"order", order.id},
               {"status", view.status(now) + (view.waits(now) ? ", waits for an operator" : "")},
               {"names", base::join(order_names(order), ", ")},
               {"profile", order.profile},
               {"account", order.account},
               {"contacts", shown(view.contacts)},
               {"address", order.address},
               {"created", moment(order.created_at)},
               {"expires", moment(order.expires_at)},
               {"certificate", order.certificate.value_or("")},
               {"error", reason_of(order)}});
    std::vector<std::vector<std::string>> rows;
    for (const auto& each : view.authorizations) {
        rows.push_back({full_name(each), std::string(store::to_text(each.status)),
                        each.proof.empty() ? "-" : each.proof, moment(each.expires_at)});
    }
    out.table({"NAME", "STATUS", "BY", "UNTIL"}, rows);
}

}  // namespace signet::cli
