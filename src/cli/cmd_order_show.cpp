#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/order_view.h"

namespace signet::cli {
namespace {

int run(Context& context, const std::string& id) {
    const auto store = store::Store::open(context.store());
    const base::Time now = context.seams.clock.now();
    const auto view = store->query([&](store::Transaction& transaction) { return view_order(transaction, id); });
    if (context.out.json())
        context.out.document(order_json(view, now));
    else
        print_order(context.out, view, now);
    return k_exit_done;
}

}  // namespace

Command order_show_command() {
    auto id = std::make_shared<std::string>();
    return {.name = "order show",
            .summary = "show an ACME order: who asks for what",
            .description =
                "Who asked for it, from where, for which names, and how far it is. The contacts are what the account "
                "says of itself; nobody has checked them.\n\n"
                "With --json: id, status (pending, ready, valid, invalid), waiting (until an operator decides), "
                "profile, account, contacts[], address, created, expires, names[], authorizations[] (name, status, "
                "proof, expires, errors[]), certificate (its serial) and error (a problem document, RFC 7807); "
                "not_before, not_after and replaces where the order has them.",
            .arguments = {{.label = "ORDER",
                           .text = "its id, the last part of its URL",
                           .target = id.get(),
                           .required = true,
                           .complete = Complete::order}},
            .examples = {{"signet order show 7TqGAuTPVyO5hlHfpKGXaw", ""}},
            .see_also = {"order list", "order approve"},
            .run = [id](Context& context) { return run(context, *id); }};
}

}  // namespace signet::cli
