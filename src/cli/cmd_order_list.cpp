#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/order_view.h"
#include "store/approvals.h"

namespace signet::cli {
namespace {

struct Words {
    bool all = false;
    int limit = 100;
};

int run(Context& context, const Words& words) {
    if (words.limit < 1) throw base::Error{base::Kind::usage, "--limit is a number from 1 up"};
    const auto store = store::Store::open(context.store());
    const base::Time now = context.seams.clock.now();
    const auto views = store->query([&](store::Transaction& transaction) {
        const auto ids = words.all ? store::recent_orders(transaction, words.limit)
                                   : store::waiting_orders(transaction, base::to_unix(now), words.limit);
        std::vector<OrderView> found;
        for (const auto& id : ids) found.push_back(view_order(transaction, id));
        return found;
    });
    if (context.out.json()) {
        context.out.document(orders_json(views, now));
        return k_exit_done;
    }
    if (views.empty()) context.out.note(words.all ? "there are no orders" : "no order waits for an operator");
    std::vector<std::vector<std::string>> rows;
    for (const auto& view : views) {
        rows.push_back({view.order.id, view.waits(now) ? "waiting" : view.status(now), view.order.profile,
                        view.order.account, base::format_time(base::from_unix(view.order.expires_at)),
                        base::join(order_names(view.order), ", ")});
    }
    context.out.table({"ORDER", "STATUS", "PROFILE", "ACCOUNT", "UNTIL", "NAMES"}, rows);
    return k_exit_done;
}

}  // namespace

Command order_list_command() {
    auto words = std::make_shared<Words>();
    return {.name = "order list",
            .summary = "list the orders that wait for an operator",
            .description =
                "Under a profile with auth = \"manual\" an order waits until an operator approves or rejects it, at "
                "most as long as order_lifetime says; these are listed, the oldest first. With --all every order that "
                "is still in the store, in any state, what ends last first. With --json an array of what `order show "
                "--json` prints.",
            .options = {{.name = "all",
                         .text = "every order, not only those that wait for an operator",
                         .target = &words->all},
                        {.name = "limit",
                         .label = "N",
                         .text = "no more than so many",
                         .target = &words->limit,
                         .default_text = "100"}},
            .examples = {{"signet order list", ""},
                         {"signet order list --json | jq -r '.[].id' | xargs signet order approve",
                          "approve all that wait"}},
            .see_also = {"order show", "order approve", "serve-acme"},
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
