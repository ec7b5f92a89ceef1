#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "acme/problem.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/order_view.h"
#include "store/approvals.h"
#include "store/audit.h"

namespace signet::cli {
namespace {

constexpr std::size_t k_reason_limit = 500;  // the client shows it in one piece

struct Decision {
    bool approve = false;
    std::string reason;
    base::Time now;
    base::Duration lifetime;  // of an approved authorization
};

std::string sentence(const Decision& decision) {
    return "an operator rejected this order" + (decision.reason.empty() ? "" : ": " + decision.reason);
}

std::string problem_document(const Decision& decision) {
    return acme::to_problem(base::Error{base::Kind::refused, sentence(decision)}, {}).document;
}

void append_audit(store::Transaction& transaction, const OrderView& view, const Decision& decision) {
    store::AuditRecord entry{};
    entry.at = base::to_unix(decision.now);
    entry.action = decision.approve ? "order.approved" : "order.rejected";
    entry.actor = "operator uid " + std::to_string(::getuid());
    entry.account = view.order.account;
    entry.profile = view.order.profile;
    entry.names = order_names(view.order);
    entry.detail = "order " + view.order.id + (decision.reason.empty() ? "" : ": " + decision.reason);
    store::append_audit(transaction, entry);
}

base::Error not_waiting(const OrderView& view, base::Time now) {
    const bool pending = view.status(now) == "pending";
    return {base::Kind::refused, "order " + view.order.id + " does not wait for an operator: it is " + view.status(now),
            pending ? "profile '" + view.order.profile + "' proves names by challenges; see its auth in signet.toml"
                    : "see 'signet order list' for those that wait"};
}

OrderView decide(store::Transaction& transaction, const std::string& id, const Decision& decision) {
    const auto before = view_order(transaction, id);
    const auto now = base::to_unix(decision.now);
    const bool done = decision.approve
                          ? store::approve_order(transaction, id, now, base::to_unix(decision.now + decision.lifetime))
                          : store::reject_order(transaction, id, problem_document(decision), now);
    if (!done) throw not_waiting(before, decision.now);
    append_audit(transaction, before, decision);
    return view_order(transaction, id);
}

int run(Context& context, const std::vector<std::string>& ids, bool approve, const std::string& reason) {
    const auto store = store::Store::open(context.store());
    const Decision decision{approve, base::printable(base::trim(reason), k_reason_limit), context.seams.clock.now(),
                            context.settings().server.authorization_lifetime};
    std::vector<OrderView> decided;
    store->write([&](store::Transaction& transaction) {
        decided.clear();
        for (const auto& id : ids) decided.push_back(decide(transaction, id, decision));
    });
    if (context.out.json()) {
        context.out.document(orders_json(decided, decision.now));
        return k_exit_done;
    }
    for (const auto& view : decided) {
        context.out.line((approve ? "approved " : "rejected ") + view.order.id + ": " +
                         base::join(order_names(view.order), ", "));
    }
    return k_exit_done;
}

Argument orders_argument(std::vector<std::string>& ids) {
    return {.label = "ORDER",
            .text = "its id; of several all or none are decided",
            .target = &ids,
            .required = true,
            .many = true,
            .complete = Complete::order};
}

std::vector<ExitCode> exit_codes() {
    return {{0, "decided"}, {1, "an order does not wait for an operator"}, {3, "no such order, or no store"}};
}

}  // namespace

Command order_approve_command() {
    auto ids = std::make_shared<std::vector<std::string>>();
    return {.name = "order approve",
            .summary = "approve ACME orders that wait for an operator",
            .description =
                "Makes the names of an order proven, by the operator's word: the order becomes ready, and its client "
                "sees that when it next asks (serve-acme tells it to ask every five seconds). The names stay proven "
                "for this account as long as authorization_lifetime says, so that an order for the same names within "
                "that time does not wait again; a renewal after it does.\n\n"
                "What the profile does not permit is refused all the same. An approval does not let the account "
                "revoke certificates of others. The audit log has who approved what. With --json an array of what "
                "`order show --json` prints.",
            .arguments = {orders_argument(*ids)},
            .examples = {{"signet order approve 7TqGAuTPVyO5hlHfpKGXaw", ""}},
            .exit_codes = exit_codes(),
            .see_also = {"order list", "order reject", "serve-acme"},
            .run = [ids](Context& context) { return run(context, *ids, true, {}); }};
}

Command order_reject_command() {
    auto ids = std::make_shared<std::vector<std::string>>();
    auto reason = std::make_shared<std::string>();
    return {.name = "order reject",
            .summary = "reject ACME orders that wait for an operator",
            .description =
                "Makes an order and its authorizations invalid; its client sees that, with the reason, when it next "
                "asks. The audit log has who rejected what. With --json an array of what `order show --json` prints.",
            .arguments = {orders_argument(*ids)},
            .options = {{.name = "reason",
                         .label = "TEXT",
                         .text = "a sentence for the client and the audit log",
                         .target = reason.get()}},
            .examples = {{"signet order reject 7TqGAuTPVyO5hlHfpKGXaw --reason 'not a machine of ours'", ""}},
            .exit_codes = exit_codes(),
            .see_also = {"order list", "order approve"},
            .run = [ids, reason](Context& context) { return run(context, *ids, false, *reason); }};
}

}  // namespace signet::cli
