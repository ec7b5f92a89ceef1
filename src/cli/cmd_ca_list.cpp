#include <nlohmann/json.hpp>

#include "cli/authority_view.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"

namespace signet::cli {
namespace {

int run(Context& context) {
    const auto store = store::Store::open(context.store());
    const base::Time now = context.seams.clock.now();
    base::Json all = base::Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const std::string& name : ca::authority_names(store->layout())) {
        const AuthorityView view = view_authority(context, *store, name, now);
        const x509::Certificate& signer = view.files.signer();
        all.push_back(authority_json(view));
        rows.push_back({name, ca::authority_id(signer), signer.subject().text(), signer.public_key().describe(),
                        base::format_time(signer.not_after()), std::to_string(view.living_leaves())});
    }
    if (context.out.json())
        context.out.document(all);
    else
        context.out.table({"NAME", "ID", "SIGNED BY", "KEY", "ENDS", "LIVING"}, rows);
    return k_exit_done;
}

}  // namespace

Command ca_list_command() {
    return {.name = "ca list",
            .summary = "list the CAs of the store",
            .description =
                "One line for each CA: what signs its certificates, until when, and how many are living. With "
                "--json an array of what `ca show --json` prints.",
            .examples = {{"signet ca list", ""}},
            .see_also = {"ca show"},
            .reads_environment = false,
            .run = run};
}

}  // namespace signet::cli
